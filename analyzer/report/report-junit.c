// SPDX-License-Identifier: PostgreSQL
/*
 * report-junit.c - the XML of JUnit, as Jenkins and GitLab read it; see formats.h.
 */
#include <inttypes.h>
#include <string.h>

#include "analyzer/base/query.h"
#include "analyzer/report/formats.h"

static const char cases_sql[] =
	"SELECT number, level, printable(message), printable(rule), printable(coalesce(file, module, 'unknown')), "
	"ifnull(line, 0),"
	" excused, printable(ifnull(reason, '')) FROM problem WHERE what <> 'note' ORDER BY number";

/* Control characters, which XML cannot hold at all, are gone already. */
static void put(FILE *file, const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		default:
			fputc(*text, file);
		}
}

static void put_attribute(FILE *file, const char *name, const char *value)
{
	fprintf(file, " %s=\"", name);
	put(file, value);
	fputc('"', file);
}

static void put_line(FILE *file, int indent, const char *text)
{
	fprintf(file, "%*s", indent, "");
	put(file, text);
	fputc('\n', file);
}

enum { NUMBER, LEVEL, MESSAGE, RULE, PLACE, LINE, EXCUSED, REASON };

static bool put_body(sqlite3 *db, FILE *file, sqlite3_stmt *row)
{
	bool is_failure = strcmp(query_text(row, LEVEL), "error") == 0;

	if (query_text(row, EXCUSED)[0] != '\0') {
		fputs("<skipped", file);
		put_attribute(file, "message", query_text(row, query_text(row, REASON)[0] != '\0' ? REASON : EXCUSED));
		fputs("/>", file);
		return true;
	}
	fputs(is_failure ? "<failure" : "<system-out>", file);
	if (is_failure) {
		put_attribute(file, "type", query_text(row, RULE));
		put_attribute(file, "message", query_text(row, MESSAGE));
		fputc('>', file);
	}
	bool done = machine_stacks(db, sqlite3_column_int64(row, NUMBER), put_line, file);
	fputs(is_failure ? "</failure>" : "</system-out>", file);
	return done;
}

static bool put_case(sqlite3 *db, FILE *file, sqlite3_stmt *row)
{
	fputs("  <testcase", file);
	put_attribute(file, "name", query_text(row, MESSAGE));
	put_attribute(file, "classname", query_text(row, RULE));
	put_attribute(file, "file", query_text(row, PLACE));
	if (sqlite3_column_int(row, LINE) > 0)
		put_attribute(file, "line", query_text(row, LINE));
	fputc('>', file);
	bool done = put_body(db, file, row);
	fputs("</testcase>\n", file);
	return done;
}

/* One that says whether the rest can be relied on; it passes when all is known, or was accepted. */
static bool put_whole(sqlite3 *db, const struct totals *totals, FILE *file)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT printable(reason) FROM found_reason");
	bool is_error = totals->reasons > totals->accepted, failed = false;

	fputs("  <testcase name=\"the trace is complete\" classname=\"pqleak\">", file);
	if (totals->reasons > 0)
		fputs(is_error ? "<error type=\"cannot-tell\" message=\"cannot tell whether anything leaked\">"
					   : "<system-out>",
			  file);
	while (query_next(row, &failed))
		put_line(file, 0, query_text(row, 0));
	if (totals->reasons > 0)
		fputs(is_error ? "</error>" : "</system-out>", file);
	fputs("</testcase>\n", file);
	return !failed;
}

/* Output of the suite: they are no cases, which pass or fail. */
static bool put_notes(sqlite3 *db, FILE *file)
{
	if (query_number(db, "SELECT count(*) FROM problem WHERE what = 'note'", 0) == 0)
		return true;
	fputs("  <system-out>", file);
	bool done = machine_notes(db, put_line, file);
	fputs("</system-out>\n", file);
	return done;
}

bool report_junit(const struct report *report, FILE *file)
{
	const struct totals *totals = report->totals;
	sqlite3 *db = report->reading->db;
	QUERY_CLEANUP row = query_prepare(db, cases_sql);
	bool failed = false;
	char counts[128];

	snprintf(
		counts, sizeof counts, "tests=\"%" PRId64 "\" failures=\"%" PRId64 "\" errors=\"%d\" skipped=\"%" PRId64 "\"",
		query_number(db, "SELECT count(*) + 1 FROM problem WHERE what <> 'note'", 0),
		query_number(db, "SELECT count(*) FROM problem WHERE excused = '' AND level = 'error'", 0),
		totals->reasons > totals->accepted, query_number(db, "SELECT count(*) FROM problem WHERE excused <> ''", 0));
	fprintf(file,
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"pqleak\" %s>\n"
			" <testsuite name=\"pqleak\" %s>\n",
			counts, counts);
	failed = failed || !put_whole(db, totals, file);
	while (!failed && query_next(row, &failed))
		failed = !put_case(db, file, row);
	failed = failed || !put_notes(db, file);
	fputs(" </testsuite>\n</testsuites>\n", file);
	return !failed;
}
