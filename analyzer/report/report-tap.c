// SPDX-License-Identifier: PostgreSQL
/*
 * report-tap.c - the Test Anything Protocol, version 14; see formats.h.
 *
 * Notes are comments: no point of a test has failed or passed with them.
 */
#include <inttypes.h>

#include "analyzer/base/query.h"
#include "analyzer/report/formats.h"

static const char points_sql[] =
	"SELECT 0, accepted, printable(message), '', '', 0, '' FROM problem_reason"
	" UNION ALL SELECT * FROM (SELECT number, level <> 'error', printable(message), printable(rule),"
	" printable(ifnull(file, '')), ifnull(line, 0), fingerprint FROM problem WHERE excused = '' AND what <> 'note'"
	" ORDER BY number)";

/* In a description '#' begins a directive. */
static void put_description(FILE *file, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '#' || *text == '\\')
			fputc('\\', file);
		fputc(*text, file);
	}
}

/* A scalar of YAML in single quotes. */
static void put_scalar(FILE *file, const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	fprintf(file, "  %s: '", name);
	for (; *text != '\0'; text++)
		fprintf(file, *text == '\'' ? "''" : "%c", *text);
	fprintf(file, "'\n");
}

static void put_line(FILE *file, int indent, const char *text)
{
	fprintf(file, "    %*s%s\n", indent, "", text);
}

static void put_comment(FILE *file, int indent, const char *text)
{
	fprintf(file, "# %*s%s\n", indent, "", text);
}

enum { NUMBER, IS_OK, MESSAGE, RULE, PLACE, LINE, FINGERPRINT };

static bool put_point(sqlite3 *db, FILE *file, sqlite3_stmt *row, int64_t number)
{
	fprintf(file, "%sok %" PRId64 " - ", sqlite3_column_int(row, IS_OK) ? "" : "not ", number);
	put_description(file, query_text(row, MESSAGE));
	fprintf(file, "\n");
	if (query_text(row, RULE)[0] == '\0')
		return true;
	fprintf(file, "  ---\n");
	put_scalar(file, "rule", query_text(row, RULE));
	put_scalar(file, "file", query_text(row, PLACE));
	if (sqlite3_column_int(row, LINE) > 0)
		fprintf(file, "  line: %s\n", query_text(row, LINE));
	put_scalar(file, "fingerprint", query_text(row, FINGERPRINT));
	fprintf(file, "  stacks: |2\n");
	bool done = machine_stacks(db, sqlite3_column_int64(row, NUMBER), put_line, file);
	fprintf(file, "  ...\n");
	return done;
}

bool report_tap(const struct report *report, FILE *file)
{
	const struct totals *totals = report->totals;
	sqlite3 *db = report->reading->db;
	QUERY_CLEANUP row = query_prepare(db, points_sql);
	int64_t problems = query_number(db, "SELECT count(*) FROM problem WHERE excused = '' AND what <> 'note'", 0);
	int64_t number = 0;
	bool failed = false;

	fprintf(file, "TAP version 14\n1..%" PRId64 "\n", problems + totals->reasons > 0 ? problems + totals->reasons : 1);
	while (!failed && query_next(row, &failed))
		failed = !put_point(db, file, row, ++number);
	if (number == 0)
		fprintf(file, "ok 1 - %s\n",
				totals->excused + totals->excused_misuse > 0 ? "nothing leaked except what is excused"
															 : "nothing leaked");
	return !failed && machine_notes(db, put_comment, file);
}
