// SPDX-License-Identifier: PostgreSQL
/*
 * statement.h - SQL statements, each prepared once for an open trace.
 *
 * Owns their prepared form; their texts stand in the files that bind and read
 * them.  Each is prepared when it is first needed: a drain in the host opens
 * the trace anew, and most need only a few.  Results are SQLite's own codes.
 */
#ifndef PQLEAK_TRACE_STORE_STATEMENT_H
#define PQLEAK_TRACE_STORE_STATEMENT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "trace/fold/map.h"

/* Begin with {.db = ...}. */
struct statements {
	sqlite3 *db;
	struct array prepared; /* of struct prepared (statement.c) */
	int failure;           /* why the last statement is NULL */
};

/*
 * The parts of a statement about a list of columns, COLUMNS(WHAT, BETWEEN).  The parameters are numbered in the order
 * of the list, from 1 on, and so is an enum that is made of the same list with COLUMN_NUMBER.
 */
#define COLUMN_NUMBER(column) COLUMN_##column,
#define COLUMN_NAME(column) #column
#define COLUMN_PARAMETER(column) "?"
#define COLUMN_IS_PARAMETER(column) #column " = ?"
#define COLUMN_UNLESS_NULL(column) #column " = ifnull(?, " #column ")"

/*
 * The statement, with nothing bound.  It is known by the address of its text, which must be static.  NULL when it
 * cannot be prepared: SQLite binds nothing to that, and whoever then steps or runs it gets the error from here.
 */
sqlite3_stmt *statement(struct statements *statements, const char *sql);

/* The next row: SQLITE_ROW, SQLITE_DONE, or an error. */
int statement_step(const struct statements *statements, sqlite3_stmt *stmt);

/* Runs it to its end and makes it ready again: SQLITE_OK or an error. */
int statement_run(const struct statements *statements, sqlite3_stmt *stmt);

/* Runs a query for one 64-bit number and makes it ready again: SQLITE_ROW, SQLITE_DONE (no row), or an error. */
int statement_number(const struct statements *statements, sqlite3_stmt *stmt, int64_t *ret);

/* The same of a query that is asked once: SQLITE_OK, SQLITE_DONE (no row), or an error. */
int statement_once(sqlite3 *db, const char *query, int64_t *ret);

/* The row that `find` finds, or else the one that `add` adds.  `ret_is_new`, which may be NULL, says which. */
int statement_find_or_add(const struct statements *statements, sqlite3_stmt *find, sqlite3_stmt *add, int64_t *ret,
						  bool *ret_is_new);

void statements_done(struct statements *statements);

#endif
