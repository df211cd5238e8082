// SPDX-License-Identifier: PostgreSQL
/*
 * fold-pile.c - the most that each stack had open at once.
 *
 * Called where something begins and ends that is not given back at once; for what is, fold-cycle.c need not.  Owns no
 * failure: where memory is short a stack is not counted.
 */
#include "trace/fold/fold-private.h"

static struct fold_pile *pile_at(const struct fold *fold, uint32_t index)
{
	return (struct fold_pile *)fold->piles.items + index;
}

uint32_t pile_add(struct fold *fold, enum resource_kind kind, uint32_t stack, uint64_t now)
{
	uint64_t key = (uint64_t)kind << 58 | stack;
	const uint32_t *known = map_find(&fold->pile_index, key);
	uint32_t index = known != NULL ? *known : fold->piles.count;
	if (stack == 0 || (known == NULL && !map_add(&fold->pile_index, key, index)))
		return 0;
	if (known == NULL) {
		struct fold_pile *new = array_add(&fold->piles, sizeof *new);
		if (new == NULL) {
			map_remove(&fold->pile_index, key);
			return 0;
		}
		*new = (struct fold_pile){.kind = (uint8_t)kind, .stack = stack};
	}
	struct fold_pile *pile = pile_at(fold, index);
	/* What was lost may have been a release. */
	if (++pile->open > pile->most && !fold->has_lost) {
		pile->most = pile->open;
		pile->most_at = now;
		pile->until = 0;
		pile->is_changed = true;
	}
	return index + 1;
}

void pile_remove(struct fold *fold, uint32_t number)
{
	if (number == 0)
		return;
	struct fold_pile *pile = pile_at(fold, number - 1);
	if (pile->open == pile->most && pile->until == 0) {
		pile->until = later(fold->now, pile->most_at);
		pile->is_changed = true;
	}
	pile->open--;
}
