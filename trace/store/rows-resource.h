// SPDX-License-Identifier: PostgreSQL
/*
 * rows-resource.h - resources of all kinds but connections as rows of the trace: saving them, and taking them up.
 *
 * Called by rows.c, each time after connections.  What was acquired and
 * released between two saves has no row at all.  Results are SQLite's codes.
 */
#ifndef PQLEAK_TRACE_STORE_ROWS_RESOURCE_H
#define PQLEAK_TRACE_STORE_ROWS_RESOURCE_H

#include "trace/store/rows-bind.h"

int resources_save(struct rows *rows, struct fold *fold);

/* Takes up those that are live; `indexes` is what connections_load made. */
int resources_load(struct rows *rows, struct fold *fold, const struct map *stacks, const struct map *indexes);

#endif
