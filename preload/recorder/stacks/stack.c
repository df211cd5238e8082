// SPDX-License-Identifier: PostgreSQL
/* stack.c - see stack.h. */
#include "preload/recorder/stacks/stack.h"

#include "preload/recorder/stacks/intern.h"
#include "preload/recorder/stacks/memo.h"

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

bool stack_find(struct stack *stack)
{
	if (stack->number == 0)
		stack->number = intern_find_stack(stack->frames, stack->count, stack->unloads, stack->hash);
	return stack->number != 0;
}

void stack_add(struct stack *stack, uint32_t marks)
{
	stack->number = intern_stack(stack->frames, stack->count, stack->unloads, stack->hash, marks);
}

void stack_learn(const struct stack *stack)
{
	if (stack->recalled != 0)
		return;
	const void *hold = capture_hold();
	memo_learn(stack->frame, stack->unloads, stack->number);
	capture_let(hold);
}
