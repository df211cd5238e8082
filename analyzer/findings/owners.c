// SPDX-License-Identifier: PostgreSQL
/*
 * owners.c - see owners.h.
 */
#include "analyzer/findings/owners.h"

#include <stdlib.h>

#include "analyzer/base/array.h"
#include "analyzer/base/query.h"
#include "analyzer/findings/separate.h"

static const char pairs_query[] = "SELECT DISTINCT release_stack, acquire_stack FROM main.fold"
								  " WHERE kind = ? AND outcome = ? ORDER BY release_stack";
static const char calls_query[] =
	"SELECT o.place, o.function, o.frame FROM wanted_own f CROSS JOIN own_call o ON o.frame = f.frame"
	" WHERE f.stack = ? ORDER BY f.level, o.depth";

uint32_t owner_level(struct owner_calls acquired, struct owner_calls released)
{
	uint32_t a = acquired.count, r = released.count;

	while (a > 0 && r > 0 && acquired.items[a - 1].place == released.items[r - 1].place)
		a--, r--;
	if (a > 0 && r > 0 && acquired.items[a - 1].function == released.items[r - 1].function)
		return a - 1;
	/* On one line it called both, or made one call that came to both. */
	if (a == acquired.count || (a > 0 && acquired.items[a].frame == released.items[r].frame))
		return SEPARATE_NOBODY;
	return a;
}

/* A stack that released. */
struct stack {
	struct owner_call *items;
	uint32_t count;
};

static void stack_done(struct stack *stack)
{
	free(stack->items);
}

static bool read_calls(sqlite3_stmt *row, int64_t number, struct stack *stack)
{
	bool failed = false;

	sqlite3_reset(row);
	sqlite3_bind_int64(row, 1, number);
	stack->count = 0;
	while (query_next(row, &failed)) {
		if (!array_room(stack->items, stack->count))
			return false;
		stack->items[stack->count++] = (struct owner_call){.place = (uint32_t)sqlite3_column_int(row, 0),
														   .function = (uint32_t)sqlite3_column_int(row, 1),
														   .frame = sqlite3_column_int64(row, 2)};
	}
	return !failed;
}

bool owners_each(sqlite3 *db, const char *kind, const char *outcome,
				 void (*tell)(void *context, int64_t acquire_stack, struct owner_calls released), void *context)
{
	QUERY_CLEANUP pair = query_with(db, pairs_query, AS_TEXT(kind), AS_TEXT(outcome));
	QUERY_CLEANUP calls = query_prepare(db, calls_query);
	__attribute__((cleanup(stack_done))) struct stack stack = {0};
	int64_t number = -1;
	bool failed = calls == NULL;

	while (!failed && query_next(pair, &failed)) {
		if (sqlite3_column_int64(pair, 0) != number) {
			number = sqlite3_column_int64(pair, 0);
			failed = !read_calls(calls, number, &stack);
		}
		if (!failed)
			tell(context, sqlite3_column_int64(pair, 1), (struct owner_calls){stack.items, stack.count});
	}
	return !failed;
}
