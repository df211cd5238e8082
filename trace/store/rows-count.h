// SPDX-License-Identifier: PostgreSQL
/*
 * rows-count.h - what is only counted, under its stacks: matched acquires and releases, and misuse.
 *
 * Called by rows.c, after connections.  Results are SQLite's codes.
 */
#ifndef PQLEAK_TRACE_STORE_ROWS_COUNT_H
#define PQLEAK_TRACE_STORE_ROWS_COUNT_H

#include "trace/store/rows-bind.h"

/* Adds what the fold has counted since the last save. */
int counts_save(struct rows *rows, const struct fold *fold);

#endif
