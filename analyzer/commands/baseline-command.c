// SPDX-License-Identifier: PostgreSQL
/*
 * baseline-command.c - `pqleak baseline`: writes down what is known.
 */
#include "analyzer/base/message.h"
#include "analyzer/base/output-file.h"
#include "analyzer/base/query.h"
#include "analyzer/findings/findings.h"
#include "analyzer/known/baseline-file.h"
#include "analyzer/options/command.h"
#include "analyzer/reading/reading.h"

static bool write_known(sqlite3 *db, FILE *file)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT p.count, p.kind, p.verdict, p.path FROM path_count p"
										  " JOIN gated g ON g.kind = p.kind AND g.verdict = p.verdict"
										  " WHERE p.count > 0 AND p.path IS NOT NULL"
										  " ORDER BY p.path, p.kind, p.verdict");
	bool failed = false;

	while (query_next(row, &failed))
		fprintf(file, "%lld\t%s\t%s\t%s\n", (long long)sqlite3_column_int64(row, 0), query_text(row, 1),
				query_text(row, 2), query_text(row, 3));
	return !failed;
}

/* What no entry can tell from others stays for the check to fail on. */
static bool tell_unknown(sqlite3 *db, FILE *file)
{
	QUERY_CLEANUP row = query_prepare(
		db, "SELECT p.count, noun(p.kind, p.count), iif(p.verdict = 'misuse', '', ' ' || p.verdict) FROM path_count p"
			" JOIN gated g ON g.kind = p.kind AND g.verdict = p.verdict WHERE p.count > 0 AND p.path IS NULL"
			" ORDER BY p.kind, p.verdict");
	bool failed = false;

	while (query_next(row, &failed)) {
		long long count = (long long)sqlite3_column_int64(row, 0);
		const char *noun = query_text(row, 1), *verdict = query_text(row, 2);
		fprintf(file, "# %lld %s%s: nothing is known of the code\n", count, noun, verdict);
		complain("%lld %s%s: left out of the baseline, because nothing is known of the code", count, noun, verdict);
	}
	return !failed;
}

static bool write_entries(sqlite3 *db, const char *name, FILE *file)
{
	baseline_write_head(file, name);
	return write_known(db, file) && tell_unknown(db, file);
}

static bool write_baseline(sqlite3 *db, const char *path)
{
	struct output_file output;

	if (path == NULL)
		return write_entries(db, NULL, stdout);
	if (!output_file_open(&output, path))
		return false;
	bool done = write_entries(db, path, output.file);
	return output_file_close(&output, done);
}

static int run_baseline(const struct arguments *arguments)
{
	READING_CLEANUP reading = {0};
	struct totals totals;
	const char *output = arguments->output;

	if (output != NULL && !(output_file_possible(output) && baseline_replaceable(output)))
		return STATUS_UNABLE;
	if (!reading_open(&reading, arguments_trace(arguments)) || !findings_make(&reading, &arguments->report, &totals))
		return STATUS_UNABLE;
	if (totals.processes == 0)
		return fail(STATUS_UNABLE,
					"no libpq call was intercepted, so there is nothing to write down ('pqleak report' says more)");
	if (totals.reasons > 0)
		complain("the trace is incomplete, so this baseline may be too ('pqleak report' says why)");
	return write_baseline(reading.db, output) ? STATUS_CLEAN : STATUS_UNABLE;
}

const struct command command_baseline = {
	.id = COMMAND_BASELINE,
	.synopsis = "[OPTIONS] [TRACE]",
	.summary = "Write down what leaks now, so that a check fails only on new leaks",
	.intro = "The default TRACE is " DEFAULT_TRACE ".\n",
	.outro = "The exit status is 0 if the baseline was written, and 2 if not.\n",
	.most = 1,
	.run = run_baseline,
};
