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
#include "preload/recorder/stacks/lock.h"
#include "preload/recorder/stacks/memo.h"

#define STACK_NUMBER 0x00ffffffu /* the number itself: 8 MiB of blobs are far fewer */

struct stack {
	struct memo_call call;
	uint32_t number; /* with its marks; 0: not known yet */
	bool is_worth_learning;
	uint64_t hash;
	size_t count; /* 0: it was recognised, not unwound */
	uintptr_t frames[CAPTURE_FRAMES];
};

/* Begins with the stack of that call: the memo knows its number, or 0 and whether it is worth learning. */
static inline void stack_begin(struct stack *ret, const struct memo_call *call, uint32_t number, bool is_worth_learning)
{
	ret->call = *call;
	ret->number = number;
	ret->is_worth_learning = is_worth_learning;
	ret->count = 0;
}

/* Unwinds it.  The lock is free. */
void stack_unwind(struct stack *stack);

/* Whether it was seen before, then it has its number.  The lock is held. */
bool stack_find(struct stack *stack);

/* Gives a new one a number, 0 if there is no room, and these marks.  The lock is held. */
void stack_add(struct stack *stack, uint32_t marks);

/* Lets the memo know the stack, unless it does, or does not want to.  The lock is free. */
void stack_learn(const struct stack *stack, struct recorder_lock *lock, uint32_t thread);

#endif
