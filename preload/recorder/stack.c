// SPDX-License-Identifier: PostgreSQL
/* stack.c - see stack.h. */
#include "preload/recorder/stack.h"

#include "preload/recorder/scripts/interpreter.h"
#include "preload/recorder/scripts/script.h"
#include "preload/recorder/scripts/walk.h"
#include "preload/recorder/scripts/wanted.h"
#include "preload/recorder/stacks/intern.h"
#include "preload/recorder/stacks/memo.h"

static struct recorder_lock *guard;

void stack_reset(struct recorder_lock *lock)
{
	guard = lock;
	memo_reset();
	interpreter_reset(lock);
	wanted_reset();
}

void stack_see(struct stack *ret, const void *frame, uint32_t unloads)
{
	ret->frame = frame;
	ret->unloads = unloads;
	ret->count = 0;
	if (memo_recall(frame, unloads, &ret->recalled)) {
		ret->number = ret->recalled;
		return;
	}
	ret->number = ret->recalled = 0;
	ret->count = capture_stack(ret->frames);
	ret->hash = intern_hash(ret->frames, ret->count);
}

/* A stack that is seen for the first time: what runs in it is found out without the lock. */
static bool number_new(struct stack *stack, uint32_t thread)
{
	lock_give(guard);
	uint32_t marks = interpreter_marks(stack->frames, stack->count, stack->unloads, thread);
	if (!lock_take(guard, thread))
		return false;
	stack->number = intern_stack(stack->frames, stack->count, stack->unloads, stack->hash, marks);
	return true;
}

bool stack_number(struct stack *stack, struct event *event)
{
	if (stack->number == 0)
		stack->number = intern_find_stack(stack->frames, stack->count, stack->unloads, stack->hash);
	if (stack->number == 0 && !number_new(stack, event->thread))
		return false;
	event->stack = stack->number & STACK_NUMBER;
	if ((stack->number & STACK_RUNS_ANY) == 0 || !wanted_with_script(event))
		return true;
	lock_give(guard);
	event->stack = walk_stack(stack, event->thread);
	return lock_take(guard, event->thread);
}

void stack_learn(const struct stack *stack)
{
	if (stack->recalled != 0)
		return;
	const void *hold = capture_hold();
	memo_learn(stack->frame, stack->unloads, stack->number);
	capture_let(hold);
}
