// SPDX-License-Identifier: PostgreSQL
/*
 * rows-bind.h - values of the fold as the trace has them, and back.
 *
 * Owns one process's place in one open trace, and how its times, stacks and
 * texts are written.  Used by the files that write rows and take them up.
 */
#ifndef PQLEAK_TRACE_STORE_ROWS_BIND_H
#define PQLEAK_TRACE_STORE_ROWS_BIND_H

#include "trace/fold/fold.h"
#include "trace/store/blobs.h"
#include "trace/store/statement.h"

struct rows {
	struct statements statements;
	struct blobs *blobs;
	int64_t process;  /* process.id */
	int64_t epoch_ns; /* from an event's time to the trace's */
};

void bind_time(const struct rows *rows, sqlite3_stmt *stmt, int at, uint64_t time);

/* A number that may be too large for SQLite. */
void bind_bounded(sqlite3_stmt *stmt, int at, uint64_t number);

/* A row id, or NULL for 0. */
void bind_row(sqlite3_stmt *stmt, int at, int64_t row);

void bind_stack(const struct rows *rows, sqlite3_stmt *stmt, int at, uint32_t number);
void bind_statement(const struct rows *rows, sqlite3_stmt *stmt, int at, const struct statement *statement);

/* The text of a blob, or `otherwise` (which may be NULL) when it has none. */
void bind_text(const struct rows *rows, sqlite3_stmt *stmt, int at, uint32_t number, const char *otherwise);

/* An event's time from a column; 0 for NULL. */
uint64_t column_time(const struct rows *rows, sqlite3_stmt *stmt, int column);

/* A stack's number from a column, with the map that blobs_index_stacks makes; 0 when it is not of this spool. */
uint32_t column_stack(const struct map *stacks, sqlite3_stmt *stmt, int column);

#endif
