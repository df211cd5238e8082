// SPDX-License-Identifier: PostgreSQL
/*
 * last-use.c - counts last uses by their stacks; see last-use.h.
 *
 * SQLite would sort a row for each connection to say the same.
 */
#include "analyzer/life/last-use.h"

#include <stdlib.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"

#define FIRST_SLOTS 256u /* a power of two */

static struct last_use *find(const struct last_uses *uses, int64_t process, int64_t acquire_stack, int64_t use_stack)
{
	uint64_t hash = (uint64_t)process * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)acquire_stack;

	hash = (hash * UINT64_C(0xd6e8feb86659fd93) ^ (uint64_t)use_stack) * UINT64_C(0x9e3779b97f4a7c15);
	for (size_t at = (hash ^ hash >> 29) & (uses->room - 1);; at = (at + 1) & (uses->room - 1)) {
		struct last_use *use = &uses->slots[at];
		if (use->count == 0 ||
			(use->process == process && use->acquire_stack == acquire_stack && use->use_stack == use_stack))
			return use;
	}
}

static bool grow(struct last_uses *uses)
{
	struct last_uses more = {.room = uses->room == 0 ? FIRST_SLOTS : uses->room * 2, .count = uses->count};

	more.slots = calloc(more.room, sizeof *more.slots);
	if (more.slots == NULL)
		return refuse("out of memory");
	for (size_t i = 0; i < uses->room; i++) {
		const struct last_use *old = &uses->slots[i];
		if (old->count != 0)
			*find(&more, old->process, old->acquire_stack, old->use_stack) = *old;
	}
	free(uses->slots);
	*uses = more;
	return true;
}

bool last_uses_count(struct last_uses *uses, int64_t process, int64_t acquire_stack, int64_t use_stack)
{
	if (uses->count * 4 >= uses->room * 3 && !grow(uses))
		return false;
	struct last_use *use = find(uses, process, acquire_stack, use_stack);
	if (use->count == 0) {
		*use = (struct last_use){.process = process, .acquire_stack = acquire_stack, .use_stack = use_stack};
		uses->count++;
	}
	use->count++;
	return true;
}

bool last_uses_write(const struct last_uses *uses, sqlite3 *db)
{
	QUERY_CLEANUP insert = query_prepare(db, "INSERT INTO last_use VALUES (?, ?, ?, ?)");
	bool done = insert != NULL;

	for (size_t i = 0; i < uses->room && done; i++) {
		const struct last_use *use = &uses->slots[i];
		if (use->count != 0)
			done = query_put(insert, AS_NUMBER(use->process), AS_NUMBER(use->acquire_stack), AS_NUMBER(use->use_stack),
							 AS_NUMBER(use->count));
	}
	return done;
}

void last_uses_free(struct last_uses *uses)
{
	free(uses->slots);
	*uses = (struct last_uses){0};
}
