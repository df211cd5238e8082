// SPDX-License-Identifier: PostgreSQL
/*
 * owners.h - which function of an acquiring stack releases what was acquired there.
 *
 * Owns how a stack that acquired is laid beside one that released.  From the
 * outermost call inwards they are the same; the function in which they part, by
 * calling one and then the other, is the owner.  What calls whatever comes up
 * by one and the same call (an event loop, a thread pool) is none.
 * Used by blame.c.  It judges nothing.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_OWNERS_H
#define PQLEAK_ANALYZER_FINDINGS_OWNERS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/* One of the user's own calls in a stack. */
struct owner_call {
	uint32_t place, function; /* numbers: for its line, and for what it lies in */
	int64_t frame;            /* the instruction; a script's has its line only */
};

struct owner_calls {
	const struct owner_call *items; /* innermost first */
	uint32_t count;
};

/* The level of the owner in `acquired`; SEPARATE_NOBODY: there is none. */
uint32_t owner_level(struct owner_calls acquired, struct owner_calls released);

/* Tells of each pair of an acquiring stack and one that released what it acquired; false: it failed and said so. */
bool owners_each(sqlite3 *db, const char *kind, const char *outcome,
				 void (*tell)(void *context, int64_t acquire_stack, struct owner_calls released), void *context);

#endif
