// SPDX-License-Identifier: PostgreSQL
/*
 * report-junit.c - the XML of JUnit, as Jenkins and GitLab read it; see formats.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/query.h"
#include "analyzer/report/formats.h"

static const char cases_sql[] =
	"SELECT number, level, message, rule, coalesce(file, module, 'unknown'), ifnull(line, 0),"
	" excused, ifnull(reason, '') FROM problem WHERE what <> 'note' ORDER BY number";

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

enum { LEVEL, MESSAGE, RULE, PLACE, LINE, EXCUSED, REASON, TEXTS };

static bool put_body(sqlite3 *db, FILE *file, char *const *text, int64_t number)
{
	bool is_failure = strcmp(text[LEVEL], "error") == 0;

	if (text[EXCUSED][0] != '\0') {
		fputs("<skipped", file);
		put_attribute(file, "message", text[REASON][0] != '\0' ? text[REASON] : text[EXCUSED]);
		fputs("/>", file);
		return true;
	}
	fputs(is_failure ? "<failure" : "<system-out>", file);
	if (is_failure) {
		put_attribute(file, "type", text[RULE]);
		put_attribute(file, "message", text[MESSAGE]);
		fputc('>', file);
	}
	bool done = machine_stacks(db, number, put_line, file);
	fputs(is_failure ? "</failure>" : "</system-out>", file);
	return done;
}

static bool put_case(sqlite3 *db, FILE *file, sqlite3_stmt *row)
{
	char *text[TEXTS] = {NULL};
	bool done = true;

	for (int i = 0; i < TEXTS; i++)
		done = (text[i] = machine_text(row, i + 1)) != NULL && done;
	if (done) {
		fputs("  <testcase", file);
		put_attribute(file, "name", text[MESSAGE]);
		put_attribute(file, "classname", text[RULE]);
		put_attribute(file, "file", text[PLACE]);
		if (sqlite3_column_int(row, LINE + 1) > 0)
			put_attribute(file, "line", text[LINE]);
		fputc('>', file);
		done = put_body(db, file, text, sqlite3_column_int64(row, 0));
		fputs("</testcase>\n", file);
	}
	for (int i = 0; i < TEXTS; i++)
		free(text[i]);
	return done;
}

/* One that says whether the rest can be relied on; it passes when all is known, or was accepted. */
static bool put_whole(sqlite3 *db, const struct totals *totals, FILE *file)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT reason FROM found_reason");
	bool is_error = totals->reasons > totals->accepted, failed = row == NULL;

	fputs("  <testcase name=\"the trace is complete\" classname=\"pqleak\">", file);
	if (totals->reasons > 0)
		fputs(is_error ? "<error type=\"cannot-tell\" message=\"cannot tell whether anything leaked\">"
					   : "<system-out>",
			  file);
	while (!failed && query_next(row, &failed)) {
		char *reason = machine_text(row, 0);
		if (reason != NULL)
			put_line(file, 0, reason);
		failed = failed || reason == NULL;
		free(reason);
	}
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
	bool failed = row == NULL;
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
