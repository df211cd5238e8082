// SPDX-License-Identifier: PostgreSQL
/*
 * rows-private.h - what the files that write rows share.
 *
 * Private to rows*.c.  Results are SQLite's codes.
 */
#ifndef PQLEAK_TRACE_STORE_ROWS_PRIVATE_H
#define PQLEAK_TRACE_STORE_ROWS_PRIVATE_H

#include "trace/store/rows.h"

/* The latest error of the trace's database. */
int rows_error(const struct rows *rows);

/* Bind a value of the fold as the trace has it. */
void rows_bind_time(const struct rows *rows, sqlite3_stmt *stmt, int at, uint64_t time);
void rows_bind_stack(const struct rows *rows, sqlite3_stmt *stmt, int at, uint32_t number);
void rows_bind_statement(const struct rows *rows, sqlite3_stmt *stmt, int at, const struct statement *statement);

/* The text of a blob, or `otherwise` (which may be NULL) when it has none. */
void rows_bind_text(const struct rows *rows, sqlite3_stmt *stmt, int at, uint32_t number, const char *otherwise);

/* Resources, folds and misuse; connections must have been saved before. */
int rows_save_resources(struct rows *rows, struct fold *fold);

#endif
