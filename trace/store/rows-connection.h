// SPDX-License-Identifier: PostgreSQL
/*
 * rows-connection.h - connections and their resets as rows of the trace: saving them, and taking them up.
 *
 * Called by rows.c.  Results are SQLite's codes.
 */
#ifndef PQLEAK_TRACE_STORE_ROWS_CONNECTION_H
#define PQLEAK_TRACE_STORE_ROWS_CONNECTION_H

#include "trace/store/rows-bind.h"

/* Tells the fold which row ids its new connections get. */
int connections_begin(struct rows *rows, struct fold *fold);

/* Writes those that were touched, and the resets. */
int connections_save(struct rows *rows, const struct fold *fold);

/* Takes up those that are live; `ret_indexes` becomes a map from their row ids to their indexes in the fold. */
int connections_load(struct rows *rows, struct fold *fold, const struct map *stacks, struct map *ret_indexes);

#endif
