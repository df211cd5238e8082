// SPDX-License-Identifier: PostgreSQL
/*
 * stack.h - the stack of an event: seen without the recorder's lock, numbered under it.
 *
 * Ties together what knows a native stack: memo.c recalls it, capture.c unwinds
 * it, intern.c numbers it.  The marks that a number has in its upper bits are
 * scripts/interpreter.h's.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_STACKS_STACK_H
#define PQLEAK_PRELOAD_RECORDER_STACKS_STACK_H

#include <stdbool.h>

#include "preload/recorder/stacks/capture.h"

#define STACK_NUMBER 0x00ffffffu /* the number itself: 8 MiB of blobs are far fewer */

struct stack {
	const void *frame; /* of the recorder, by which memo.c knows it */
	uint32_t number;   /* with its marks; 0: not known yet */
	uint32_t recalled; /* what the memo had, or 0 */
	uint32_t unloads;
	uint64_t hash;
	size_t count; /* 0: it was recalled, not unwound */
	uintptr_t frames[CAPTURE_FRAMES];
};

/* Looks at the caller's stack; `frame` is its __builtin_frame_address(0).  The lock is free. */
void stack_see(struct stack *ret, const void *frame, uint32_t unloads);

/* Whether it was seen before, then it has its number.  The lock is held. */
bool stack_find(struct stack *stack);

/* Gives a new one a number, 0 if there is no room, and these marks.  The lock is held. */
void stack_add(struct stack *stack, uint32_t marks);

/* Lets the memo know the stack.  The lock is free. */
void stack_learn(const struct stack *stack);

#endif
