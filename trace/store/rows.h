// SPDX-License-Identifier: PostgreSQL
/*
 * rows.h - the fold's state as rows of the trace: saving it, and taking it up.
 *
 * Owns the order of both, what is only counted, and kept events; the other rows
 * are those of rows-connection.h and rows-resource.h.  Called by the drain
 * inside its transaction.  Results are SQLite's codes.
 */
#ifndef PQLEAK_TRACE_STORE_ROWS_H
#define PQLEAK_TRACE_STORE_ROWS_H

#include "trace/store/rows-bind.h"

/* Writes what changed since the last save; calls fold_saved. */
int rows_save(struct rows *rows, struct fold *fold);

/* Takes up what the process held when it was drained last, by a drain that is no more. */
int rows_load(struct rows *rows, struct fold *fold);

/* Keeps one event, for PQLEAK_EVENTS=all. */
int rows_keep_event(struct rows *rows, const struct event *event, uint64_t position);

#endif
