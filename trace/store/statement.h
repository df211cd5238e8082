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

/* The statement, with nothing bound.  It is known by the address of its text, which must be static. */
int statement(struct statements *statements, const char *sql, sqlite3_stmt **ret);

/* Two that have the same parameters: one that finds a row, and one that adds it. */
int statement_pair(struct statements *statements, const char *find, const char *add, sqlite3_stmt *ret[2]);

/* Runs it to its end and makes it ready again: SQLITE_OK or an error. */
int statement_run(sqlite3_stmt *stmt);

/* Runs a query for one 64-bit number and makes it ready again: SQLITE_ROW, SQLITE_DONE (no row), or an error. */
int statement_number(sqlite3_stmt *stmt, int64_t *ret);

/* The row that the first of a pair finds, or the one that the second adds.  `ret_is_new`, which may be NULL, says
 * which. */
int statement_find_or_add(struct statements *statements, sqlite3_stmt *const pair[2], int64_t *ret, bool *ret_is_new);

void statements_done(struct statements *statements);

#endif
