// SPDX-License-Identifier: PostgreSQL
/*
 * fold-store.h - the fold's memory: items, their indexes and their lists.
 *
 * Private to the fold.  Functions that can run out of memory say so with NULL
 * or false.  Pointers to items are valid until the next item of that kind is
 * added.
 */
#ifndef PQLEAK_TRACE_FOLD_STORE_H
#define PQLEAK_TRACE_FOLD_STORE_H

#include "fold.h"

/* A new live connection at an address where none is; all but its address is zero. */
struct fold_connection *store_add_connection(struct fold *fold, uint64_t address);

/* The live connection at `address`, or NULL. */
struct fold_connection *store_find_connection(struct fold *fold, uint64_t address);

/* Puts it on the list of those to save, once. */
bool store_touch(struct fold *fold, struct fold_connection *connection);

/* It is live no more; it stays on the list of those to save. */
void store_release_connection(struct fold *fold, struct fold_connection *connection);

/* A new live result at an address where none is, on the list of those without a row. */
struct fold_result *store_add_result(struct fold *fold, uint64_t address);

/* Drops a live result; if it has a row, that is to be deleted. */
bool store_remove_result(struct fold *fold, uint32_t index);

/* Counts one matched acquire and release. */
bool store_count_pair(struct fold *fold, enum resource_kind kind, uint32_t acquire_stack, uint32_t release_stack,
					  uint64_t hold_ns);

#endif
