// SPDX-License-Identifier: PostgreSQL
/*
 * text-summary.c - the numbers at the end of a report, and why nobody can tell.
 *
 * Never says "nothing leaked" of a trace that cannot prove it.
 */
#include <inttypes.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/base/print-time.h"
#include "analyzer/report/text-parts.h"

#define REASONS_SHOWN 5

static bool has_line(const struct totals *totals, enum resource_kind kind)
{
	return kind_fails(kind) || totals_acquired(totals, kind) > 0;
}

/* The numbers stand below each other. */
static int label_width(const struct totals *totals)
{
	int width = 12;

	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		if (has_line(totals, (enum resource_kind)k) && width < text_columns(kind_noun((enum resource_kind)k, 0)))
			width = text_columns(kind_noun((enum resource_kind)k, 0));
	return width;
}

static void say_processes(const struct printer *printer, sqlite3 *db, const struct totals *totals)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT count(*), CASE WHEN end IS NULL THEN 'running'"
										  " WHEN end IN ('exit', '_exit', 'quick_exit') THEN 'exited'"
										  " WHEN end = 'exec' THEN 'replaced by exec' WHEN end = 'abort' THEN 'aborted'"
										  " WHEN end = 'unknown' THEN 'ended without a word' ELSE end END AS fate"
										  " FROM process GROUP BY fate ORDER BY 1 DESC, 2");
	char text[SENTENCE] = "";

	while (row != NULL && query_next(row, NULL))
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d %s", text[0] != '\0' ? ", " : "",
				 sqlite3_column_int(row, 0), query_text(row, 1));
	print_line(printer, 2, STYLE_PLAIN, "%-*s %" PRId64 "%s%s", label_width(totals), "processes", totals->processes,
			   text[0] != '\0' ? ": " : "", text);
}

static void say_kind(const struct printer *printer, const struct totals *totals, enum resource_kind kind)
{
	const int64_t *count = totals->count[kind];
	char text[SENTENCE] = "";

	append_count(text, ", ", count[VERDICT_RELEASED], "", kind == KIND_RESULT ? "cleared" : "released");
	append_count(text, ", ", count[VERDICT_LEAKED], "", kind_fails(kind) ? "leaked" : kind_unreleased(kind));
	append_count(text, ", ", count[VERDICT_OPEN_AT_DEATH], "", "open at death");
	append_count(text, ", ", count[VERDICT_OPEN], "", "still open");
	print_line(printer, 2, STYLE_PLAIN, "%-*s %" PRId64 "%s%s", label_width(totals), kind_noun(kind, 0),
			   totals_acquired(totals, kind), text[0] != '\0' ? ": " : "", text);
	if (kind == KIND_CONNECTION && totals->failed > 0)
		print_line(printer, 2, STYLE_PLAIN, "%-*s %" PRId64 " of them failed to connect; those must be finished too",
				   label_width(totals), "", totals->failed);
}

static void say_peak(const struct printer *printer, sqlite3 *db, const struct totals *totals)
{
	const struct peak *peak = &totals->peak;
	char when[TIME_TEXT];
	QUERY_CLEANUP row = query_prepare(db, "SELECT pid FROM process WHERE id = ?");

	if (peak->open < 2 || row == NULL)
		return;
	sqlite3_bind_int64(row, 1, peak->process);
	if (!query_next(row, NULL))
		return;
	format_time(when, peak->at_ns, TIME_SECONDS);
	if (peak->whole)
		print_line(printer, 2, STYLE_PLAIN, "%-*s %" PRId64 " connections open at once, %s", label_width(totals),
				   "peak", peak->open, when);
	else
		print_line(printer, 2, STYLE_PLAIN, "%-*s %" PRId64 " connections open at once in process %s, %s",
				   label_width(totals), "peak", peak->open, query_text(row, 0), when);
}

static void say_reasons(const struct printer *printer, sqlite3 *db, const struct totals *totals)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT reason FROM found_reason LIMIT ?");
	struct printer whole = *printer; /* half a reason is none */

	whole.width = 0;
	if (row == NULL)
		return;
	sqlite3_bind_int(row, 1, REASONS_SHOWN);
	if (totals->accepted == totals->reasons)
		print_line(printer, 0, STYLE_WARNING, "Out of sight, and accepted:");
	else
		print_line(printer, 0, STYLE_WARNING, "This trace is incomplete%s",
				   totals_leaked(totals) > 0 ? "; there may be more leaks than it shows:" : ":");
	while (query_next(row, NULL))
		print_line(&whole, 2, STYLE_WARNING, "%s", query_text(row, 0));
	if (totals->reasons > REASONS_SHOWN)
		print_line(printer, 2, STYLE_WARNING, "... and %" PRId64 " more (pqleak sql TRACE 'SELECT * FROM cannot_tell')",
				   totals->reasons - REASONS_SHOWN);
}

/* No reason, because something else was intercepted and they show no sign of PostgreSQL. */
static void say_passed(const struct printer *printer, sqlite3 *db, const struct totals *totals)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT group_concat(name, ', ') FROM (SELECT DISTINCT basename(exe) AS name"
										  " FROM unseen_text WHERE NOT spoke ORDER BY name LIMIT 5)");

	if (totals->passed > 0 && row != NULL && query_next(row, NULL))
		print_line(printer, 2, STYLE_PLAIN, "%-*s %" PRId64 " program%s without a sign of PostgreSQL: %s",
				   label_width(totals), "out of sight", totals->passed, plural(totals->passed), query_text(row, 0));
}

/* The reason nobody expects deserves an explanation. */
static void explain_nothing_seen(const struct printer *printer)
{
	static const char *const lines[] = {
		"No call of libpq was intercepted.  Either the program never called libpq, or",
		"pqleak could not see it: a setuid or statically linked program, a hidden static",
		"libpq, or a driver that speaks the protocol itself (asyncpg, node pg, JDBC).",
	};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		print_line(printer, 0, STYLE_WARNING, "%s", lines[i]);
}

void report_summary(const struct printer *printer, const struct reading *reading, const struct totals *totals)
{
	int64_t unseen = query_number(reading->db, "SELECT ifnull(sum(unseen_releases), 0) FROM process", 0);

	if (totals->processes == 0) {
		explain_nothing_seen(printer);
		if (totals->reasons > 1)
			say_reasons(printer, reading->db, totals);
		return;
	}
	print_line(printer, 0, STYLE_STRONG, "Summary of %s", reading->path);
	say_processes(printer, reading->db, totals);
	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		if (has_line(totals, (enum resource_kind)k))
			say_kind(printer, totals, (enum resource_kind)k);
	say_peak(printer, reading->db, totals);
	if (unseen > 0)
		print_line(printer, 2, STYLE_PLAIN, "%-*s %" PRId64 " release%s not seen (the address came back)",
				   label_width(totals), "unseen", unseen, unseen == 1 ? " was" : "s were");
	say_passed(printer, reading->db, totals);
	if (totals->reasons > 0)
		say_reasons(printer, reading->db, totals);
}
