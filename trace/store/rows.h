// SPDX-License-Identifier: PostgreSQL
/*
 * rows.h - what the fold knows as rows of the trace: saving it, and taking it up.
 *
 * Called by the drain inside its transaction, and by the ingest; each rows-*.c has one sort of row.  Results are
 * SQLite's codes.
 */
#ifndef PQLEAK_TRACE_STORE_ROWS_H
#define PQLEAK_TRACE_STORE_ROWS_H

#include "trace/fold/fold.h"
#include "trace/spool/spool.h"
#include "trace/store/blobs.h"
#include "trace/store/statement.h"

/* One process's place in one open trace. */
struct rows {
	struct statements statements;
	struct blobs *blobs;
	int64_t process;  /* process.id */
	int64_t epoch_ns; /* from an event's time to the trace's */
};

/* --- all of it, and kept events: rows.c --- */

/* Writes what changed since the last save; calls fold_saved. */
int rows_save(struct rows *rows, struct fold *fold);

/* Takes up what the process held when it was drained last, by a drain that is no more. */
int rows_load(struct rows *rows, struct fold *fold);

/* Keeps one event, for PQLEAK_EVENTS=all. */
int rows_keep_event(struct rows *rows, const struct event *event, uint64_t position);

/* --- a process, known by the identity of its spool, and why its trace is incomplete: rows-process.c --- */

/* Its row and how many of its events are in the trace: SQLITE_ROW, SQLITE_DONE when it has no row, or an error. */
int process_find(struct statements *statements, uint64_t spool, int64_t *ret_row, uint64_t *ret_drained);

/* Adds the row of a process that has none. */
int process_add(struct statements *statements, const struct spool_header *header, uint64_t drained, int64_t *ret_row);

/* Writes how far it is drained, what the fold has counted of it since the last save, and its end when that changed. */
int process_update(struct rows *rows, const struct fold *fold, uint64_t drained);

/* So many of its events were lost in all; the first for this reason. */
int process_add_dropped(struct rows *rows, uint64_t dropped, const char *reason);

/* It is gone: if it left no word of how, that is what the trace says. */
int process_give_up(struct statements *statements, uint64_t spool);

/* Whether it has ended for good, as far as the trace knows; an exec may still fail. */
bool process_has_ended(struct statements *statements, uint64_t spool);

/* Says why the trace does not hold everything, once however often it is found.  0 for `process` or `pid`: unknown. */
int process_add_incomplete(struct statements *statements, int64_t process, int pid, const char *reason);

/* --- connections and their resets: rows-connection.c --- */

/* Tells the fold which row ids its new connections get. */
int connections_begin(struct rows *rows, struct fold *fold);

/* Writes those that were touched, and the resets. */
int connections_save(struct rows *rows, const struct fold *fold);

/* Takes up those that are live; `ret_indexes` becomes a map from their row ids to their indexes in the fold. */
int connections_load(struct rows *rows, struct fold *fold, const struct map *stacks, struct map *ret_indexes);

/* --- all other resources, each time after the connections: rows-resource.c --- */

int resources_save(struct rows *rows, struct fold *fold);

/* Takes up those that are live; `indexes` is what connections_load made. */
int resources_load(struct rows *rows, struct fold *fold, const struct map *stacks, const struct map *indexes);

/* --- values of the fold as the trace has them, and back: rows-bind.c --- */

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
