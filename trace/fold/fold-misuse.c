// SPDX-License-Identifier: PostgreSQL
/*
 * fold-misuse.c - calls that must not be, counted.
 *
 * Called by the fold's other files.  A program that does wrong may do it at
 * every call, so equal ones that follow each other are one item.
 */
#include "trace/fold/fold-steps.h"

#define LOOKED_BACK 16 /* so many items are compared; the trace brings together what stands further apart */

static bool is_same(const struct fold_misuse *a, const struct fold_misuse *b)
{
	return a->kind == b->kind && a->stack == b->stack && a->acquire_stack == b->acquire_stack &&
		   a->release_stack == b->release_stack;
}

bool misuse_note(struct fold *fold, enum misuse_kind kind, const struct event *event, uint32_t acquire_stack,
				 uint32_t release_stack, int64_t connection)
{
	struct fold_misuse misuse = {
		.count = 1,
		.first = event->time,
		.last = event->time,
		.connection = connection,
		.stack = blob_number(event->stack),
		.acquire_stack = acquire_stack,
		.release_stack = release_stack,
		.function = blob_number(event->function),
		.kind = (uint8_t)kind,
	};
	struct fold_misuse *items = fold->misuses.items;
	uint32_t count = fold->misuses.count;
	for (uint32_t i = count; i > 0 && i + LOOKED_BACK > count; i--) {
		struct fold_misuse *known = &items[i - 1];
		if (is_same(known, &misuse)) {
			known->count++;
			known->last = later(known->last, misuse.last);
			return true;
		}
	}
	struct fold_misuse *item = array_add(&fold->misuses, sizeof(*item));
	if (item == NULL)
		return false;
	*item = misuse;
	return true;
}
