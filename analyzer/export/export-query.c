// SPDX-License-Identifier: PostgreSQL
/*
 * export-query.c - the formats that a query makes, row by row: folded stacks, speedscope, Chrome's trace events, OTLP
 * and OpenMetrics.
 *
 * Called by export.c.  Rows are printed as they are read: there may be millions.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/config.h"
#include "analyzer/export/export.h"
#include "trace/base/printable.h"

extern const char folded_sql[], speedscope_sql[], spans_sql[], chrome_sql[], otlp_sql[], openmetrics_sql[];

static sqlite3_stmt *prepare(const struct export *export, const char *sql)
{
	sqlite3_stmt *row = query_prepare(export->db, sql);

	/* SQLite ignores the parameters that a query has not. */
	sqlite3_bind_text(row, sqlite3_bind_parameter_index(row, ":version"), PQLEAK_VERSION, -1, SQLITE_STATIC);
	sqlite3_bind_text(row, sqlite3_bind_parameter_index(row, ":trace"), export->trace, -1, SQLITE_STATIC);
	return row;
}

/* Names are the traced program's bytes; these formats are UTF-8, and each row is one line. */
static bool print_text(FILE *file, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return refuse("out of memory");
	make_printable(copy);
	fputs(copy, file);
	free(copy);
	return true;
}

static bool print_rows(const struct export *export, const char *sql, const char *between, const char *after, FILE *file)
{
	QUERY_CLEANUP row = prepare(export, sql);
	bool failed = false;

	for (bool any = false; query_next(row, &failed); any = true) {
		if (any)
			fputs(between, file);
		if (!print_text(file, query_text(row, 0)))
			return false;
		fputs(after, file);
	}
	return !failed;
}

bool export_folded(const struct export *export, FILE *file)
{
	return print_rows(export, folded_sql, "", "\n", file);
}

bool export_openmetrics(const struct export *export, FILE *file)
{
	return print_rows(export, openmetrics_sql, "", "\n", file);
}

bool export_speedscope(const struct export *export, FILE *file)
{
	return print_rows(export, speedscope_sql, "", "\n", file);
}

bool export_chrome(const struct export *export, FILE *file)
{
	if (!query_run(export->db, spans_sql))
		return false;
	fputs("{\"displayTimeUnit\":\"ms\",\"otherData\":{\"exporter\":\"pqleak " PQLEAK_VERSION "\"},\"traceEvents\":[\n",
		  file);
	bool done = print_rows(export, chrome_sql, ",\n", "", file);
	fputs("\n]}\n", file);
	return done;
}

/* A line a process, as OTLP has it in files. */
bool export_otlp(const struct export *export, FILE *file)
{
	static const char end[] = "]}]}]}\n";
	bool failed = !query_run(export->db, spans_sql);
	bool in_process = false, any = false;

	if (failed)
		return false;
	QUERY_CLEANUP row = prepare(export, otlp_sql);
	while (query_next(row, &failed)) {
		bool is_span = sqlite3_column_int(row, 0) != 0;
		if (is_span) {
			fputs(any ? "," : "", file);
			any = true;
		} else {
			fputs(in_process ? end : "", file);
			fputs("{\"resourceSpans\":[{\"resource\":", file);
			any = false;
		}
		if (!print_text(file, query_text(row, 5)))
			return false;
		if (!is_span)
			fputs(",\"scopeSpans\":[{\"scope\":{\"name\":\"pqleak\",\"version\":\"" PQLEAK_VERSION "\"},\"spans\":[",
				  file);
		in_process = true;
	}
	fputs(in_process ? end : "", file);
	return !failed;
}
