// SPDX-License-Identifier: PostgreSQL
/*
 * symbols.c - names for the frames of a trace; see symbols.h.
 *
 * A module is opened once, and only when a frame in it is wanted and has no
 * line yet: debug information may have been installed since the last time.
 */
#include "analyzer/symbols.h"

#include <stddef.h>
#include <stdint.h>

#include "analyzer/binary.h"
#include "analyzer/query.h"

static const char wanted_sql[] =
	"SELECT f.id, f.\"offset\", m.id, m.path, m.build_id"
	" FROM (SELECT DISTINCT s.frame FROM wanted_stack w CROSS JOIN stack_frame s ON s.stack = w.stack) x"
	" CROSS JOIN frame f ON f.id = x.frame JOIN module m ON m.id = f.module"
	" WHERE NOT EXISTS (SELECT 1 FROM symbol y WHERE y.frame = f.id AND y.line > 0)"
	" ORDER BY m.id, f.id";

static const char found_sql[] =
	"DROP TABLE IF EXISTS temp.found;"
	"CREATE TEMP TABLE found (frame, depth, function, file, line, PRIMARY KEY (frame, depth)) WITHOUT ROWID";

/* What is known already is not written again: a report should leave a trace as it is when it learned nothing. */
static const char forget_sql[] = "DELETE FROM found WHERE frame IN (SELECT frame FROM symbol)"
								 " AND NOT EXISTS (SELECT 1 FROM found o WHERE o.frame = found.frame AND o.line > 0)";

static const char save_sql[] = "SAVEPOINT symbols;"
							   "DELETE FROM main.symbol WHERE frame IN (SELECT frame FROM found);"
							   "INSERT INTO main.symbol SELECT * FROM found;"
							   "RELEASE symbols";

static const char give_up_sql[] = "ROLLBACK TO symbols; RELEASE symbols";

static const char shadow_sql[] = "CREATE TEMP TABLE IF NOT EXISTS symbol AS SELECT * FROM main.symbol;"
								 "CREATE INDEX IF NOT EXISTS temp.symbol_frame ON symbol (frame, depth);"
								 "DELETE FROM temp.symbol WHERE frame IN (SELECT frame FROM found);"
								 "INSERT INTO temp.symbol SELECT * FROM found";

struct finder {
	sqlite3_stmt *insert;
	int64_t frame;
};

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	if (text != NULL)
		sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
	else
		sqlite3_bind_null(statement, index);
}

static void keep(void *context, int depth, const char *function, const char *file, int line)
{
	const struct finder *finder = context;

	sqlite3_bind_int64(finder->insert, 1, finder->frame);
	sqlite3_bind_int(finder->insert, 2, depth);
	bind_text(finder->insert, 3, function);
	bind_text(finder->insert, 4, file);
	if (line > 0)
		sqlite3_bind_int(finder->insert, 5, line);
	else
		sqlite3_bind_null(finder->insert, 5);
	query_next(finder->insert, NULL);
	sqlite3_reset(finder->insert);
}

/* Fills TEMP TABLE found. */
static bool find(sqlite3 *db)
{
	int64_t traced_ns = query_number(db, "SELECT min(started_ns) FROM process", 0);
	QUERY_CLEANUP wanted = query_prepare(db, wanted_sql);
	QUERY_CLEANUP insert = query_prepare(db, "INSERT OR REPLACE INTO found VALUES (?, ?, ?, ?, ?)");
	bool failed = wanted == NULL || insert == NULL;
	struct finder finder = {.insert = insert};
	struct binary *binary = NULL;
	int64_t module = -1;

	while (!failed && query_next(wanted, &failed)) {
		finder.frame = sqlite3_column_int64(wanted, 0);
		uint64_t address = (uint64_t)sqlite3_column_int64(wanted, 1);
		if (sqlite3_column_int64(wanted, 2) != module) {
			binary_free(binary);
			module = sqlite3_column_int64(wanted, 2);
			binary = binary_open(query_text(wanted, 3), query_text(wanted, 4), traced_ns);
		}
		if (binary != NULL)
			binary_lookup(binary, address, keep, &finder);
	}
	binary_free(binary);
	return !failed;
}

bool symbols_resolve(sqlite3 *db)
{
	if (!query_run(db, found_sql) || !find(db) || !query_run(db, forget_sql))
		return false;
	if (query_number(db, "SELECT EXISTS (SELECT 1 FROM found)", 0) == 0)
		return true;
	if (sqlite3_exec(db, save_sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	sqlite3_exec(db, give_up_sql, NULL, NULL, NULL);
	return query_run(db, shadow_sql);
}
