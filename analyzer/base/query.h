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
#include <stdint.h>

/* Runs statements that give no rows; false: the reason is printed. */
bool query_run(sqlite3 *db, const char *sql);

/* Drops the TEMP tables and views of these names, as far as they are there; false: the reason is printed. */
bool query_drop(sqlite3 *db, const char *names);

/* A prepared statement, or NULL: the reason is printed.  Finalised by the caller; `query_free` suits cleanup. */
sqlite3_stmt *query_prepare(sqlite3 *db, const char *sql);

/* Steps; true: there is a row.  A failure is printed, and *ret_failed (may be NULL) is set. */
bool query_next(sqlite3_stmt *statement, bool *ret_failed);

/* The first column of the first row, or `otherwise`. */
int64_t query_number(sqlite3 *db, const char *sql, int64_t otherwise);

/* A column's text, never NULL; valid until the next step. */
const char *query_text(sqlite3_stmt *statement, int column);

void query_free(sqlite3_stmt **statement);

#define QUERY_CLEANUP __attribute__((cleanup(query_free))) sqlite3_stmt *

#endif
