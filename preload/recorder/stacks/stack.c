// SPDX-License-Identifier: PostgreSQL
/* stack.c - see stack.h. */
#include "preload/recorder/stacks/stack.h"

#include "preload/recorder/stacks/intern.h"

void stack_unwind(struct stack *stack)
{
	stack->count = capture_stack(stack->frames);
	stack->hash = intern_hash(stack->frames, stack->count);
}

bool stack_find(struct stack *stack)
{
	if (stack->number == 0)
		stack->number = intern_find_stack(stack->frames, stack->count, stack->call.unloads, stack->hash);
	return stack->number != 0;
}

void stack_add(struct stack *stack, uint32_t marks)
{
	stack->number = intern_stack(stack->frames, stack->count, stack->call.unloads, stack->hash, marks);
}

void stack_learn(const struct stack *stack, struct recorder_lock *lock, uint32_t thread)
{
	if (!stack->is_worth_learning || stack->number == 0)
		return;
	struct memo_word words[MEMO_WORDS];
	size_t count = 0;
	const void *hold = capture_hold();
	bool is_ordinary = memo_walk(stack->call.frame, words, &count);
	capture_let(hold);
	if (is_ordinary && lock_take(lock, thread)) {
		memo_learn(&stack->call, words, count, stack->number);
		lock_give(lock);
	}
}
