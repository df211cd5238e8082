// SPDX-License-Identifier: PostgreSQL
/*
 * rows.h - the fold's state as rows of the trace: saving it, and taking it up.
 *
 * Called by the drain inside its transaction.  Results are SQLite's codes.
 */
#ifndef PQLEAK_TRACE_STORE_ROWS_H
#define PQLEAK_TRACE_STORE_ROWS_H

#include "trace/store/blobs.h"
#include "trace/fold/fold.h"
#include "trace/store/statement.h"

/* One process's place in one open trace. */
struct rows {
	struct statements statements;
	struct blobs *blobs;
	int64_t process;  /* process.id */
	int64_t epoch_ns; /* from an event's time to the trace's */
};

/* Tells the fold which row ids its new connections get. */
int rows_begin(struct rows *rows, struct fold *fold);

/* Writes what changed since the last save; calls fold_saved. */
int rows_save(struct rows *rows, struct fold *fold);

/* Keeps one event, for PQLEAK_EVENTS=all. */
int rows_keep_event(struct rows *rows, const struct event *event, uint64_t position);

/* Takes up what the process held when it was drained last, by a drain that is no more. */
int rows_load(struct rows *rows, struct fold *fold);

/* Says why the trace does not hold everything. */
int rows_add_incomplete(struct rows *rows, int pid, const char *reason);

#endif
