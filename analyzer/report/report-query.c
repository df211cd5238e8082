// SPDX-License-Identifier: PostgreSQL
/*
 * report-query.c - the formats that one query makes: JSON, SARIF, and GitLab's code quality; see formats.h.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/config.h"
#include "analyzer/findings/gate.h"
#include "analyzer/report/formats.h"
#include "analyzer/report/open.h"
#include "analyzer/text/text.h"
#include "trace/base/printable.h"

extern const char report_gitlab_sql[], report_json_sql[], report_open_json_sql[], report_sarif_sql[];

static void bind_number(sqlite3_stmt *statement, const char *name, int value)
{
	sqlite3_bind_int(statement, sqlite3_bind_parameter_index(statement, name), value);
}

static void bind_text(sqlite3_stmt *statement, const char *name, const char *text)
{
	sqlite3_bind_text(statement, sqlite3_bind_parameter_index(statement, name), text, -1, SQLITE_STATIC);
}

/* SQLite ignores the parameters that a query has not. */
static void bind_report(sqlite3_stmt *statement, const struct report *report)
{
	char fail_on[FAIL_ON_TEXT];

	bind_text(statement, ":version", PQLEAK_VERSION);
	bind_text(statement, ":trace", report->reading->path);
	bind_number(statement, ":reproducible", report->choice->formats.reproducible);
	bind_number(statement, ":status", gate_status(report->totals, STATUS_LEAKS));
	if (life_fail_on(&report->choice->gate, report->totals, fail_on))
		sqlite3_bind_text(statement, sqlite3_bind_parameter_index(statement, ":fail_on"), fail_on, -1,
						  SQLITE_TRANSIENT);
}

/* Prints a row; several columns are objects, printed as one. */
static bool print_query(const struct report *report, const char *sql, FILE *file)
{
	QUERY_CLEANUP row = query_prepare(report->reading->db, sql);
	int columns = sqlite3_column_count(row);

	bind_report(row, report);
	if (!query_next(row, NULL))
		return false;
	for (int column = 0; column < columns; column++) {
		/* SQLite copies a name's bytes; JSON wants UTF-8. */
		char *text = strdup(query_text(row, column));
		bool is_first = column == 0, is_last = column == columns - 1;
		if (text == NULL)
			return refuse("out of memory");
		make_printable(text);
		fputs(is_first ? "" : ",", file);
		fwrite(text + !is_first, 1, strlen(text) - !is_first - !is_last, file);
		fputs(is_last ? "\n" : "", file);
		free(text);
	}
	return true;
}

bool report_json(const struct report *report, FILE *file)
{
	return print_query(report, report_json_sql, file);
}

bool report_open_json(const struct report *report, FILE *file)
{
	return print_query(report, report_open_json_sql, file);
}

bool report_sarif(const struct report *report, FILE *file)
{
	return print_query(report, report_sarif_sql, file);
}

bool report_gitlab(const struct report *report, FILE *file)
{
	return print_query(report, report_gitlab_sql, file);
}
