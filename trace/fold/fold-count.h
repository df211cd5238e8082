// SPDX-License-Identifier: PostgreSQL
/*
 * fold-count.h - what is only counted, and what is remembered of what was given back.
 *
 * Private to the fold.  A program that does wrong may do it at every call, so
 * equal misuses that follow each other are one item.
 */
#ifndef PQLEAK_TRACE_FOLD_FOLD_COUNT_H
#define PQLEAK_TRACE_FOLD_FOLD_COUNT_H

#include "trace/fold/fold.h"

/* Counts one matched acquire and release; the result is valid until the next, NULL when memory is short. */
struct fold_pair *count_pair(struct fold *fold, enum resource_kind kind, uint32_t acquire_stack, uint32_t release_stack,
							 uint64_t hold_ns);

/* Counts a call that must not be; false when memory is short. */
bool count_misuse(struct fold *fold, enum misuse_kind kind, const struct event *event, uint32_t acquire_stack,
				  uint32_t release_stack, int64_t connection);

/* Remembers what was given back at an address; false when memory is short. */
bool past_remember(struct fold_past **table, const struct fold_past *past);

/* What was given back there last; NULL: nothing known. */
const struct fold_past *past_recall(const struct fold_past *table, uint64_t address);

#endif
