// SPDX-License-Identifier: PostgreSQL
/*
 * stack.h - the stack of an event: seen without the recorder's lock, numbered under it.
 *
 * Ties together what knows a stack: memo.c recalls it, capture.c unwinds it,
 * intern.c numbers it, interpreter.c says which scripts run in it, and
 * script.c adds their frames for the events that want them (wanted.c).
 */
#ifndef PQLEAK_PRELOAD_RECORDER_STACK_H
#define PQLEAK_PRELOAD_RECORDER_STACK_H

#include "preload/recorder/stacks/capture.h"
#include "preload/recorder/stacks/lock.h"
#include "trace/base/event.h"

struct stack {
	const void *frame; /* of the recorder, by which memo.c knows it */
	uint32_t number;   /* with its marks (interpreter.h); 0: not known yet */
	uint32_t recalled; /* what the memo had, or 0 */
	uint32_t unloads;
	uint64_t hash;
	size_t count; /* 0: it was recalled, not unwound */
	uintptr_t frames[CAPTURE_FRAMES];
};

/* Forgets everything: this is a new process. */
void stack_reset(struct recorder_lock *lock);

/* Looks at the caller's stack; `frame` is its __builtin_frame_address(0).  The lock is free. */
void stack_see(struct stack *ret, const void *frame, uint32_t unloads);

/*
 * Gives the event its stack's number; 0: there was no room.  The lock is held, but not all the time meanwhile; false:
 * it could not be taken again.
 */
bool stack_number(struct stack *stack, struct event *event);

/* Lets the memo know the stack.  The lock is free. */
void stack_learn(const struct stack *stack);

#endif
