// SPDX-License-Identifier: PostgreSQL
/*
 * report-query.c - the forms that one query makes: JSON, SARIF, and GitLab's code quality; see formats.h.
 */
#include <stdlib.h>

#include "analyzer/base/exit-status.h"
#include "analyzer/base/query.h"
#include "analyzer/config.h"
#include "analyzer/findings/gate.h"
#include "analyzer/reading/statements.h"
#include "analyzer/report/formats.h"
#include "analyzer/report/machine.h"

static void bind_number(sqlite3_stmt *statement, const char *name, int64_t value)
{
	sqlite3_bind_int64(statement, sqlite3_bind_parameter_index(statement, name), value);
}

static void bind_text(sqlite3_stmt *statement, const char *name, const char *text)
{
	sqlite3_bind_text(statement, sqlite3_bind_parameter_index(statement, name), text, -1, SQLITE_STATIC);
}

/* SQLite ignores the parameters that a query has not. */
static void bind_report(sqlite3_stmt *statement, const struct report *report)
{
	const struct peak *peak = &report->totals->peak;

	bind_text(statement, ":version", PQLEAK_VERSION);
	bind_text(statement, ":trace", report->reading->path);
	bind_number(statement, ":reproducible", report->choice->formats.reproducible);
	bind_number(statement, ":status", gate_status(report->totals, STATUS_LEAKS));
	bind_number(statement, ":peak_open", peak->open);
	if (peak->open > 0)
		bind_number(statement, ":peak_ns", peak->at_ns);
	bind_number(statement, ":peak_is_whole", peak->whole);
	bind_number(statement, ":peak_process", peak->process);
}

static bool print_query(const struct report *report, const char *sql, FILE *file)
{
	QUERY_CLEANUP statement = query_prepare(report->reading->db, sql);
	bool failed = statement == NULL;

	if (failed)
		return false;
	bind_report(statement, report);
	if (!query_next(statement, &failed))
		return false;
	/* SQLite copies a name's bytes; JSON wants UTF-8. */
	char *text = machine_text(statement, 0);
	if (text != NULL)
		fprintf(file, "%s\n", text);
	free(text);
	return text != NULL;
}

bool report_json(const struct report *report, FILE *file)
{
	return print_query(report, report_json_sql, file);
}

bool report_sarif(const struct report *report, FILE *file)
{
	return print_query(report, report_sarif_sql, file);
}

bool report_gitlab(const struct report *report, FILE *file)
{
	return print_query(report, report_gitlab_sql, file);
}
