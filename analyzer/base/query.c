// SPDX-License-Identifier: PostgreSQL
/*
 * query.c - SQLite in a few words; see query.h.
 */
#include "analyzer/base/query.h"

#include <string.h>

#include "analyzer/base/message.h"

/* What query_take_from() said. */
static sqlite3 *taker;
static const char *taken_from;

void query_take_from(sqlite3 *db, const char *path)
{
	taker = db;
	taken_from = path;
}

static void complain_of(sqlite3 *db)
{
	int code = sqlite3_errcode(db) & 0xff;
	const char *path = sqlite3_db_filename(db, "main");

	path = path != NULL ? path : "";
	if (db == taker && code != SQLITE_CORRUPT)
		complain("cannot merge trace '%s' into '%s': %s (%s)", taken_from, path, sqlite3_errmsg(db),
				 code == SQLITE_FULL ? "make room, or set SQLITE_TMPDIR to a directory with free space"
									 : "leave it out");
	else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		complain("trace '%s' is damaged: %s (record a new one, or try '.recover' in the sqlite3 shell)", path,
				 sqlite3_errmsg(db));
	else if (code == SQLITE_FULL)
		complain("cannot sort trace '%s': %s (set SQLITE_TMPDIR to a directory with free space)", path,
				 sqlite3_errmsg(db));
	else if (code == SQLITE_BUSY)
		complain("trace '%s' is locked by another process (try again)", path);
	else
		complain("cannot read trace '%s': %s (record a new one)", path, sqlite3_errmsg(db));
}

void query_settle(void)
{
	enum { SLOT_BYTES = 1200, SLOTS = 4000 }; /* of the memory that a connection's parser uses without malloc */

	/* Where one is refused, the defaults do. */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, SLOT_BYTES, SLOTS);
}

static query_watcher *watcher;

void query_watch(query_watcher *watch)
{
	watcher = watch;
}

sqlite3_stmt *query_prepare_part(sqlite3 *db, const char *sql, int length)
{
	sqlite3_stmt *statement = NULL;

	if ((watcher != NULL && !watcher(db, sql, length)) ||
		sqlite3_prepare_v2(db, sql, length, &statement, NULL) != SQLITE_OK)
		complain_of(db);
	return statement;
}

/*
 * Statements that were given back: what is asked of each finding is prepared once.  One that was lent is missing here
 * until then.  The oldest makes room.
 */
enum { KEPT = 16 };
static sqlite3_stmt *kept[KEPT];
static unsigned kept_next;

static sqlite3_stmt *take_kept(sqlite3 *db, const char *sql)
{
	for (int i = 0; i < KEPT; i++)
		if (kept[i] != NULL && sqlite3_db_handle(kept[i]) == db && strcmp(sqlite3_sql(kept[i]), sql) == 0) {
			sqlite3_stmt *statement = kept[i];
			kept[i] = NULL;
			return statement;
		}
	return NULL;
}

sqlite3_stmt *query_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = take_kept(db, sql);

	return statement != NULL ? statement : query_prepare_part(db, sql, (int)strlen(sql));
}

void query_free(sqlite3_stmt **statement)
{
	if (*statement == NULL)
		return;
	sqlite3_reset(*statement);
	sqlite3_clear_bindings(*statement);
	sqlite3_finalize(kept[kept_next]);
	kept[kept_next] = *statement;
	kept_next = (kept_next + 1) % KEPT;
	*statement = NULL;
}

void query_close(sqlite3 *db)
{
	for (int i = 0; i < KEPT; i++)
		if (kept[i] != NULL && sqlite3_db_handle(kept[i]) == db) {
			sqlite3_finalize(kept[i]);
			kept[i] = NULL;
		}
	sqlite3_close(db);
}

sqlite3_stmt *query_bind(sqlite3_stmt *statement, const struct query_value *values, size_t count)
{
	for (int i = 0; statement != NULL && i < (int)count; i++)
		if (values[i].is_text)
			sqlite3_bind_text(statement, i + 1, values[i].text, -1, SQLITE_STATIC);
		else
			sqlite3_bind_int64(statement, i + 1, values[i].number);
	return statement;
}

bool query_finish(sqlite3_stmt *statement)
{
	bool failed = false;

	query_next(statement, &failed);
	sqlite3_reset(statement);
	return !failed;
}

bool query_put_once(sqlite3_stmt *statement)
{
	bool done = query_finish(statement);

	query_free(&statement);
	return done;
}

bool query_next(sqlite3_stmt *statement, bool *ret_failed)
{
	int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;

	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE && statement != NULL)
		complain_of(sqlite3_db_handle(statement));
	if (code != SQLITE_DONE && ret_failed != NULL)
		*ret_failed = true;
	return false;
}

int64_t query_number(sqlite3 *db, const char *sql, int64_t otherwise)
{
	QUERY_CLEANUP statement = query_prepare(db, sql);

	return query_next(statement, NULL) ? sqlite3_column_int64(statement, 0) : otherwise;
}

const char *query_text(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text != NULL ? text : "";
}
