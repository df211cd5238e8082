// SPDX-License-Identifier: PostgreSQL
/*
 * query.h - SQLite in a few words.
 *
 * Owns how the analyzer prepares and runs SQL, and what it says when SQLite
 * refuses.  Nothing here ends the program.
 */
#ifndef PQLEAK_ANALYZER_BASE_QUERY_H
#define PQLEAK_ANALYZER_BASE_QUERY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once, before SQLite is used: a command has one thread, and most of its time is SQLite's parser, half of that malloc.
 */
void query_settle(void);

/*
 * Runs statements that give no rows; false: the reason is printed.  In front of a statement may stand a line
 * `-- only if CONDITION`: where that is not so, nothing could come of it, and it is not even prepared.
 */
bool query_run(sqlite3 *db, const char *sql);

/* Prepares one statement of a text; who calls it finalizes it. */
sqlite3_stmt *query_prepare_part(sqlite3 *db, const char *sql, int length);

/* Who sees each statement before it is prepared (NULL: nobody), and may make what it needs; false: SQLite says why not.
 */
typedef bool query_watcher(sqlite3 *db, const char *sql, int length);
void query_watch(query_watcher *watch);

/*
 * From now on errors of `db` are those of the trace at `path`, whose rows it takes in: nobody else can be to blame for
 * values that do not fit.  NULL: it is over.
 */
void query_take_from(sqlite3 *db, const char *path);

/* Drops the TEMP tables and views of these names, as far as they are there; false: the reason is printed. */
bool query_drop(sqlite3 *db, const char *names);

/*
 * A prepared statement, or NULL: the reason is printed.  The caller gives it back; `query_free` suits cleanup.  Some of
 * those given back are kept for who asks the same again, so a database is closed with query_close().
 */
sqlite3_stmt *query_prepare(sqlite3 *db, const char *sql);
void query_free(sqlite3_stmt **statement);
void query_close(sqlite3 *db);

/* A value for a parameter.  A text is not copied; NULL is SQL's. */
struct query_value {
	bool is_text;
	const char *text;
	int64_t number;
};
#define AS_TEXT(value) ((struct query_value){.is_text = true, .text = (value)})
#define AS_NUMBER(value) ((struct query_value){.number = (value)})
#define QUERY_VALUES(...)                                                                                              \
	(const struct query_value[]){__VA_ARGS__},                                                                         \
		sizeof((const struct query_value[]){__VA_ARGS__}) / sizeof(struct query_value)

/* The same, with values for its parameters: query_with(db, sql, AS_NUMBER(id), AS_TEXT(name)). */
#define query_with(db, sql, ...) query_bind(query_prepare(db, sql), QUERY_VALUES(__VA_ARGS__))

/* Gives these values to a statement that gives no rows, and runs it; false: the reason is printed. */
#define query_put(statement, ...) query_finish(query_bind(statement, QUERY_VALUES(__VA_ARGS__)))

/* Both: prepares a statement that gives no rows, and runs it. */
#define query_once(db, sql, ...) query_put_once(query_with(db, sql, __VA_ARGS__))

/* What they are made of: the first returns its statement, the second leaves it ready to be run again. */
sqlite3_stmt *query_bind(sqlite3_stmt *statement, const struct query_value *values, size_t count);
bool query_finish(sqlite3_stmt *statement);
bool query_put_once(sqlite3_stmt *statement);

/*
 * Steps; true: there is a row.  A failure is printed, and *ret_failed (may be NULL) is set; so it is for NULL, a
 * statement that could not be prepared.
 */
bool query_next(sqlite3_stmt *statement, bool *ret_failed);

/* The first column of the first row, or `otherwise`. */
int64_t query_number(sqlite3 *db, const char *sql, int64_t otherwise);

/* A column's text, never NULL; valid until the next step. */
const char *query_text(sqlite3_stmt *statement, int column);

#define QUERY_CLEANUP __attribute__((cleanup(query_free))) sqlite3_stmt *

#endif
