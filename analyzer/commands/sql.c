// SPDX-License-Identifier: PostgreSQL
/*
 * sql.c - `pqleak sql`: a query on a trace, or the sqlite3 shell on it.
 *
 * Read-only: a trace is evidence.  On a terminal columns have names and are
 * aligned, which takes a first pass over the rows; elsewhere the output is that
 * of the sqlite3 shell: '|' between columns and no names, for scripts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/columns.h"
#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/options/command.h"
#include "analyzer/reading/reading.h"
#include "analyzer/symbols/symbols.h"
#include "trace/base/printable.h"
#include "trace/store/trace.h"

#define WIDEST_COLUMN 60
#define MOST_COLUMNS 64

struct asked {
	const char *queries; /* NULL: the shell is */
	const struct symbol_choice *symbols;
};

/* Every stack gets its names: nobody knows what the query will ask for. */
static bool name_stacks(struct reading *reading, void *context)
{
	const struct asked *asked = context;

	return symbols_resolve(reading->db, asked->symbols, EVERY_STACK);
}

static void measure(sqlite3_stmt *row, int *widths, int columns)
{
	for (int i = 0; i < columns; i++)
		widths[i] = text_columns(sqlite3_column_name(row, i));
	while (sqlite3_step(row) == SQLITE_ROW)
		for (int i = 0; i < columns; i++) {
			int width = text_columns(query_text(row, i));
			if (width > widths[i])
				widths[i] = width > WIDEST_COLUMN ? WIDEST_COLUMN : width;
		}
	sqlite3_reset(row);
}

/* width: 0 where columns are not aligned. */
static void print_cell(FILE *file, const char *text, int width, bool for_terminal, bool last)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return;
	if (for_terminal)
		make_printable(copy);
	int padding = last ? 0 : width - text_columns(copy);
	fprintf(file, "%s%*s%s", copy, padding > 0 ? padding : 0, "", last ? "\n" : width > 0 ? "  " : "|");
	free(copy);
}

static bool print_rows(FILE *file, sqlite3_stmt *row, bool aligned)
{
	int columns = sqlite3_column_count(row);
	int widths[MOST_COLUMNS] = {0};
	bool failed = false;

	if (aligned && columns <= MOST_COLUMNS) {
		measure(row, widths, columns);
		for (int i = 0; i < columns; i++)
			print_cell(file, sqlite3_column_name(row, i), widths[i], aligned, i == columns - 1);
	}
	while (query_next(row, &failed))
		for (int i = 0; i < columns; i++)
			print_cell(file, query_text(row, i), i < MOST_COLUMNS ? widths[i] : 0, aligned, i == columns - 1);
	return !failed;
}

/* Runs each statement. */
static bool run_query(struct reading *reading, void *context, FILE *file)
{
	const char *queries = ((const struct asked *)context)->queries;

	while (*queries != '\0') {
		QUERY_CLEANUP row = NULL;
		if (sqlite3_prepare_v2(reading->db, queries, -1, &row, &queries) != SQLITE_OK)
			return refuse("the query failed: %s ('SELECT * FROM readme' names the views)", sqlite3_errmsg(reading->db));
		if (row == NULL) /* nothing but blanks and comments */
			continue;
		if (!sqlite3_stmt_readonly(row))
			return refuse("a query must not change the trace (the sqlite3 shell can, on a copy)");
		if (!print_rows(file, row, isatty(STDOUT_FILENO) != 0))
			return false;
	}
	return true;
}

static int run_shell(struct reading *reading, struct asked *asked)
{
	char *path = strdup(reading->path);

	if (path == NULL || !name_stacks(reading, asked)) {
		free(path);
		return STATUS_UNABLE;
	}
	reading_done(reading);
	/* The shell would take a path that begins with '-' for an option. */
	char *safe = NULL;
	if (asprintf(&safe, "%s%s", path[0] == '-' ? "./" : "", path) >= 0)
		execlp("sqlite3", "sqlite3", "-readonly", isatty(STDOUT_FILENO) ? "-box" : "-list", safe, (char *)NULL);
	if (errno == ENOENT)
		complain("cannot open a shell: sqlite3 is not installed (apt install sqlite3, or give a QUERY)");
	else
		complain("cannot open a shell: sqlite3: %s", strerror(errno));
	free(safe);
	free(path);
	return STATUS_UNABLE;
}

static int run_sql(const struct arguments *arguments)
{
	READING_CLEANUP reading = {0};
	struct asked asked = {NULL, &arguments->report.symbols};
	const char *trace = arguments_trace(arguments);

	if (arguments->count == 2) {
		asked.queries = arguments->words[1];
	} else if (arguments->count == 1 && strchr(trace, ' ') != NULL && access(trace, F_OK) != 0) {
		asked.queries = trace; /* a query has a blank in it, and no file has that name */
		trace = DEFAULT_TRACE;
	}
	if (!reading_open(&reading, trace))
		return STATUS_UNABLE;
	if (asked.queries == NULL)
		return run_shell(&reading, &asked);
	/* A query may name any view, in any way. */
	struct trace_failure failure;
	if (trace_shadow_views(reading.db, &failure) != TRACE_OK) {
		complain("%s", failure.text);
		return STATUS_UNABLE;
	}
	return reading_show(&reading, name_stacks, run_query, &asked) ? STATUS_CLEAN : STATUS_UNABLE;
}

const struct command command_sql = {
	.id = COMMAND_SQL,
	.synopsis = "[OPTIONS] [TRACE] [QUERY]",
	.summary = "Run a query on a trace, or open the sqlite3 shell on it",
	.intro = "The default TRACE is " DEFAULT_TRACE ".  Start with 'SELECT * FROM readme'.\n"
			 "On a terminal the columns are named and aligned; elsewhere '|' separates them,\n"
			 "as in the sqlite3 shell.  The trace is not changed.\n",
	.most = 2,
	.run = run_sql,
};
