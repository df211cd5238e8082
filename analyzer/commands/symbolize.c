// SPDX-License-Identifier: PostgreSQL
/*
 * symbolize.c - `pqleak symbolize`: store the names of all frames in the trace.
 *
 * `run` does the same at its end.  What cannot be named is said here, by reason.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/options/command.h"
#include "analyzer/reading/reading.h"
#include "analyzer/symbols/symbols.h"
#include "trace/store/trace.h"

#define MOST_NAMED 3 /* modules of one reason that are called by name */

/* Scripts' frames name themselves, and of a frame in no module nothing is known. */
static const char count_sql[] =
	"SELECT count(*), ifnull(sum(f.id IN (SELECT frame FROM symbol WHERE function IS NOT NULL)), 0),"
	" (SELECT count(DISTINCT frame) FROM found_symbol WHERE function IS NOT NULL)"
	" FROM frame f WHERE f.module IS NOT NULL AND f.id IN (SELECT frame FROM stack_frame)";

/* A module that has names, but not for these frames, is 'ok'. */
static const char without_sql[] =
	"SELECT state, frames, count(*) OVER (PARTITION BY state), sum(frames) OVER (PARTITION BY state), name"
	" FROM (SELECT ifnull(t.state, 'ok') AS state, count(*) AS frames,"
	"       iif(m.path = '[jit]', 'code made by process ' || ifnull(p.pid, '?'), basename(m.path)) AS name"
	"  FROM frame f JOIN module m ON m.id = f.module LEFT JOIN temp.module_state t ON t.module = m.id"
	"  LEFT JOIN process p ON m.path = '[jit]' AND p.spool = m.build_id"
	"  WHERE f.id IN (SELECT frame FROM stack_frame)"
	"  AND f.id NOT IN (SELECT frame FROM symbol WHERE function IS NOT NULL) GROUP BY m.id)"
	" ORDER BY sum(frames) OVER (PARTITION BY state) DESC, state, frames DESC, name";

static const char *reason_text(const char *state)
{
	static const char *const reasons[][2] = {
		{"ok", "between symbols"},
		{"no symbols", "no symbols"},
		{"changed", "changed since it was traced"},
		{"missing", "missing"},
		{"unproven", "not proven to be the file that was traced"},
		{"unreadable", "damaged, or too large to read"},
	};

	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (strcmp(state, reasons[i][0]) == 0)
			return reasons[i][1];
	return state;
}

/* "; without: 18 in libfoo.so and libbar.so (no symbols), 10 in app (changed since it was traced)" */
static char *describe_without(sqlite3 *db)
{
	sqlite3_str *text = sqlite3_str_new(db);
	QUERY_CLEANUP row = query_prepare(db, without_sql);
	bool failed = false;
	int64_t at = 0; /* in the modules of this reason */

	while (!failed && query_next(row, &failed)) {
		int64_t modules = sqlite3_column_int64(row, 2);
		if (at == 0)
			sqlite3_str_appendf(text, "%s%lld in ", sqlite3_str_length(text) == 0 ? "; without: " : ", ",
								(long long)sqlite3_column_int64(row, 3));
		if (at < MOST_NAMED)
			sqlite3_str_appendf(text, "%s%s", at == 0 ? "" : at + 1 == modules ? " and " : ", ", query_text(row, 4));
		if (++at < modules)
			continue;
		if (modules > MOST_NAMED)
			sqlite3_str_appendf(text, " and %lld more", (long long)(modules - MOST_NAMED));
		sqlite3_str_appendf(text, " (%s)", reason_text(query_text(row, 0)));
		at = 0;
	}
	char *whole = sqlite3_str_finish(text);
	if (!failed && whole == NULL)
		whole = sqlite3_mprintf("");
	if (failed) {
		sqlite3_free(whole);
		return NULL;
	}
	return whole;
}

static bool print_outcome(const struct reading *reading)
{
	const struct printer printer = {.file = stdout};
	QUERY_CLEANUP row = query_prepare(reading->db, count_sql);
	char *without = describe_without(reading->db);
	bool done = row != NULL && without != NULL && query_next(row, NULL);

	if (done)
		print_line(&printer, 0, STYLE_PLAIN,
				   "%s: %" PRId64 " of %" PRId64 " frames have names, %" PRId64 " of them new%s", reading->path,
				   (int64_t)sqlite3_column_int64(row, 1), (int64_t)sqlite3_column_int64(row, 0),
				   (int64_t)sqlite3_column_int64(row, 2), without);
	sqlite3_free(without);
	return done;
}

static int run_symbolize(const struct arguments *arguments)
{
	READING_CLEANUP reading = {0};

	if (!reading_open(&reading, arguments_trace(arguments)))
		return STATUS_UNABLE;
	/* Before the work, which can take long: names that cannot be stored are of no use here. */
	if (sqlite3_db_readonly(reading.db, "main") != 0 || trace_is_copy(reading.db))
		return fail(STATUS_UNABLE, "cannot store names in trace '%s': it is read-only (copy it, and name the copy)",
					reading.path);
	if (sqlite3_exec(reading.db, "BEGIN IMMEDIATE; ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
		return fail(STATUS_UNABLE, "cannot store names in trace '%s': %s", reading.path, sqlite3_errmsg(reading.db));
	if (!symbols_resolve(reading.db, &arguments->report.symbols, EVERY_STACK))
		return STATUS_UNABLE;
	/* symbols.c keeps them there when the trace refused them. */
	if (query_number(reading.db, "SELECT count(*) FROM temp.sqlite_schema WHERE name = 'symbol'", 1) != 0)
		return fail(STATUS_UNABLE, "cannot store names in trace '%s': it is locked, or its disk is full (try again)",
					reading.path);
	return print_outcome(&reading) ? STATUS_CLEAN : STATUS_UNABLE;
}

const struct command command_symbolize = {
	.id = COMMAND_SYMBOLIZE,
	.synopsis = "[OPTIONS] [TRACE]",
	.summary = "Store the names of all frames, to read the trace on another machine",
	.intro = "The default TRACE is " DEFAULT_TRACE ".  'pqleak run' does this at its end.\n",
	.outro = "A file is used only if its build-id is the recorded one.  A frame that has been\n"
			 "named keeps its name.  The exit status is 0, even if frames have no names, and 2\n"
			 "if the trace cannot be read or written.\n",
	.most = 1,
	.run = run_symbolize,
};
