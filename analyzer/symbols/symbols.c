// SPDX-License-Identifier: PostgreSQL
/*
 * symbols.c - names for the frames of a trace; see symbols.h.
 *
 * A module is opened once, and only when a frame in it is wanted and has no
 * line yet: debug information may have been installed since the last time.
 */
#include "analyzer/symbols/symbols.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "analyzer/base/array.h"
#include "analyzer/base/message.h"
#include "analyzer/base/progress.h"
#include "analyzer/base/query.h"
#include "analyzer/symbols/jit.h"
#include "analyzer/symbols/namer.h"

/* No process records a stack of so many frames; who writes one into a trace would have a command read it for hours. */
#define MOST_FRAMES "4096"

static const char stacks_sql[] =
	"CREATE TEMP TABLE wanted_stack (stack INTEGER PRIMARY KEY);"
	"WITH wanted (stack) AS (%s)"
	" INSERT OR IGNORE INTO wanted_stack SELECT stack FROM (SELECT DISTINCT stack FROM wanted WHERE stack > 0) w"
	" WHERE (SELECT count(*) FROM (SELECT 1 FROM stack_frame s WHERE s.stack = w.stack LIMIT " MOST_FRAMES
	")) < " MOST_FRAMES;

static const char tables_sql[] =
	"CREATE TEMP TABLE wanted_frame (module, frame, PRIMARY KEY (module, frame)) WITHOUT ROWID;"
	"INSERT INTO wanted_frame SELECT f.module, f.id"
	" FROM (SELECT DISTINCT s.frame FROM wanted_stack w CROSS JOIN stack_frame s ON s.stack = w.stack) x"
	" CROSS JOIN frame f ON f.id = x.frame"
	" WHERE f.module IS NOT NULL AND f.id NOT IN (SELECT frame FROM looked_up)"
	" AND NOT EXISTS (SELECT 1 FROM symbol y WHERE y.frame = f.id AND y.line > 0);"
	"INSERT INTO looked_up SELECT frame FROM wanted_frame;"
	"CREATE TEMP TABLE found_symbol (frame, depth, function, file, line, PRIMARY KEY (frame, depth)) WITHOUT ROWID";

static const char wanted_sql[] = "SELECT f.id, f.\"offset\", m.id, m.path, m.build_id"
								 " FROM wanted_frame w JOIN frame f ON f.id = w.frame JOIN module m ON m.id = w.module"
								 " WHERE m.path <> '[jit]' ORDER BY m.id, f.id";

/* Who had a name keeps it: only what was asked now can have found nothing. */
static const char state_sql[] =
	"INSERT INTO module_state VALUES (?1, ?2) ON CONFLICT DO UPDATE SET state = excluded.state WHERE state <> 'ok'";

/* Or it was asked before, and what is left lies between its symbols. */
static const char named_before_sql[] =
	"UPDATE module_state SET state = 'ok' WHERE state = 'no symbols' AND EXISTS (SELECT 1 FROM frame f"
	" JOIN symbol y ON y.frame = f.id WHERE ifnull(f.module, 0) = module_state.module AND y.function IS NOT NULL)";

/* What is known already is not written again: a report should leave a trace as it is when it learned nothing. */
static const char forget_sql[] =
	"DELETE FROM found_symbol WHERE frame IN (SELECT frame FROM symbol)"
	" AND NOT EXISTS (SELECT 1 FROM found_symbol o WHERE o.frame = found_symbol.frame AND o.line > 0)";

static const char save_sql[] = "SAVEPOINT symbols;"
							   "DELETE FROM main.symbol WHERE frame IN (SELECT frame FROM found_symbol);"
							   "INSERT INTO main.symbol SELECT * FROM found_symbol;"
							   "RELEASE symbols";

static const char give_up_sql[] = "ROLLBACK TO symbols; RELEASE symbols";

static const char shadow_sql[] = "CREATE TEMP TABLE IF NOT EXISTS symbol AS SELECT * FROM main.symbol;"
								 "CREATE INDEX IF NOT EXISTS temp.symbol_frame ON symbol (frame, depth);"
								 "DELETE FROM temp.symbol WHERE frame IN (SELECT frame FROM found_symbol);"
								 "INSERT INTO temp.symbol SELECT * FROM found_symbol";

/* Where names go. */
struct finder {
	sqlite3_stmt *insert;
	sqlite3_stmt *note;
	struct progress progress;
	int64_t looked; /* files */
};

static bool keep(void *context, int64_t frame, int depth, const char *function, const char *file, int line)
{
	struct finder *finder = context;

	return query_put(finder->insert, AS_NUMBER(frame), AS_NUMBER(depth), AS_TEXT(function), AS_TEXT(file),
					 AS_NUMBER(line > 0 ? line : 0));
}

static bool note(void *context, int64_t module, enum module_state state)
{
	struct finder *finder = context;

	progress_step(&finder->progress, ++finder->looked, NULL);
	return query_put(finder->note, AS_NUMBER(module), AS_TEXT(module_state_name(state)));
}

/* Whether every process of the trace ran on this machine, as far as its name tells. */
static bool recorded_here(sqlite3 *db)
{
	struct utsname machine;
	bool failed = uname(&machine) != 0;
	QUERY_CLEANUP other =
		query_with(db, "SELECT 1 FROM process WHERE host <> ? LIMIT 1", AS_TEXT(failed ? "" : machine.nodename));

	return !query_next(other, &failed) && !failed;
}

/* What is to be named, by module. */
static bool list(sqlite3 *db, struct namer *namer)
{
	QUERY_CLEANUP wanted = query_prepare(db, wanted_sql);
	bool failed = wanted == NULL;

	while (!failed && query_next(wanted, &failed)) {
		int64_t number = sqlite3_column_int64(wanted, 2);
		if (namer->module_count == 0 || namer->modules[namer->module_count - 1].number != number) {
			if (!array_room(namer->modules, namer->module_count))
				return false;
			struct asked_module *module = &namer->modules[namer->module_count++];
			*module = (struct asked_module){.number = number,
											.path = strdup(query_text(wanted, 3)),
											.build_id = strdup(query_text(wanted, 4)),
											.begin = namer->frame_count};
			if (module->path == NULL || module->build_id == NULL)
				return refuse("out of memory");
		}
		if (!array_room(namer->frames, namer->frame_count))
			return false;
		namer->frames[namer->frame_count++] = (struct asked_frame){
			.number = sqlite3_column_int64(wanted, 0), .address = (uint64_t)sqlite3_column_int64(wanted, 1)};
		namer->modules[namer->module_count - 1].end = namer->frame_count;
	}
	return !failed;
}

/* Fills TEMP TABLE found_symbol from the files of modules. */
static bool find(sqlite3 *db, const struct symbol_choice *choice, bool here)
{
	QUERY_CLEANUP insert = query_prepare(db, "INSERT OR REPLACE INTO found_symbol VALUES (?, ?, ?, ?, nullif(?, 0))");
	QUERY_CLEANUP put_state = query_prepare(db, state_sql);
	struct finder finder = {.insert = insert, .note = put_state};
	struct namer namer = {.choice = choice,
						  .since_ns = query_number(db, "SELECT min(started_ns) FROM process", 0),
						  .here = here,
						  .context = &finder,
						  .keep = keep,
						  .note = note};
	bool done = insert != NULL && put_state != NULL && list(db, &namer);

	finder.progress = progress_begin("looking for names in files", (int64_t)namer.module_count);
	done = done && namer_run(&namer);
	progress_end(&finder.progress);
	for (size_t i = 0; i < namer.module_count; i++) {
		free(namer.modules[i].path);
		free(namer.modules[i].build_id);
	}
	free(namer.modules);
	free(namer.frames);
	return done;
}

static bool want(sqlite3 *db, const char *stacks)
{
	char *sql = sqlite3_mprintf(stacks_sql, stacks);
	bool done = sql != NULL ? query_run(db, sql) : refuse("out of memory");

	sqlite3_free(sql);
	return done;
}

bool symbols_resolve(sqlite3 *db, const struct symbol_choice *choice, const char *stacks)
{
	bool here = recorded_here(db);

	if (!query_drop(db, "wanted_stack wanted_frame found_symbol") || !want(db, stacks) || !query_run(db, tables_sql) ||
		!find(db, choice, here) || !symbols_resolve_jit(db, choice, here) || !query_run(db, named_before_sql) ||
		!query_run(db, forget_sql))
		return false;
	if (query_number(db, "SELECT EXISTS (SELECT 1 FROM found_symbol)", 0) == 0)
		return true;
	if (sqlite3_exec(db, save_sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	sqlite3_exec(db, give_up_sql, NULL, NULL, NULL);
	return query_run(db, shadow_sql);
}
