// SPDX-License-Identifier: PostgreSQL
/*
 * spans.h - spans of addresses, and which of them holds an address.
 *
 * Owns a growing array that is sorted once.  Called by units.c for units, for
 * functions and by binary.c for ELF symbols.  Never reads a file.
 */
#ifndef PQLEAK_ANALYZER_SYMBOLS_SPANS_H
#define PQLEAK_ANALYZER_SYMBOLS_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses from low to high - 1. */
struct span {
	uint64_t low, high;
	uint64_t reach; /* the largest high of this and of all before it */
	size_t value;   /* the caller's; of spans that overlap, the smallest counts */
};

struct spans {
	struct span *items;
	size_t count;
};

/* Adds a span; an empty one is left out.  False: out of memory. */
bool spans_add(struct spans *spans, uint64_t low, uint64_t high, size_t value);

/* Must be called after the last spans_add and before spans_find. */
void spans_sort(struct spans *spans);

/* The smallest value whose span holds the address; false: none does. */
bool spans_find(const struct spans *spans, uint64_t address, size_t *ret_value);

void spans_done(struct spans *spans);

#endif
