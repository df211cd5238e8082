// SPDX-License-Identifier: PostgreSQL
/* fold-count.c - what is only counted, and what is remembered of what was given back. */
#include "trace/fold/fold-private.h"

#include <assert.h>
#include <sqlite3.h>
#include <string.h>

#define PAST_BITS 12   /* places for what was given back: as many are remembered at most */
#define LOOKED_BACK 16 /* so many items are compared; the trace brings together what stands further apart */

#define PAIR_KEY_FREE (((uint64_t)1 << 58) - 1) /* of a key without a kind and an outcome */

static_assert(KIND_COUNT <= 16 && OUTCOME_COUNT <= 4, "both are in the key of a pair");

struct fold_pair *count_pairs(struct fold *fold, enum resource_kind kind, enum fold_outcome outcome,
							  uint32_t acquire_stack, uint32_t release_stack, uint64_t count, uint64_t total_ns,
							  uint64_t longest_ns)
{
	/* Blob numbers have far fewer than 29 bits; the kind keeps the key from being 0. */
	uint64_t key = (uint64_t)outcome << 62 | (uint64_t)kind << 58 | (uint64_t)acquire_stack << 29 | release_stack;
	const uint32_t *index = map_find(&fold->pair_index, key);
	struct fold_pair *pair;
	if (index != NULL) {
		pair = (struct fold_pair *)fold->pairs.items + *index;
	} else {
		uint32_t number = fold->pairs.count;
		pair = array_add(&fold->pairs, sizeof *pair);
		if (pair == NULL || !map_add(&fold->pair_index, key, number))
			return NULL;
		*pair = (struct fold_pair){.kind = (uint8_t)kind,
								   .outcome = (uint8_t)outcome,
								   .acquire_stack = acquire_stack,
								   .release_stack = release_stack};
	}
	pair->count += count;
	if (total_ns > INT64_MAX)
		total_ns = INT64_MAX;
	if (longest_ns > INT64_MAX)
		longest_ns = INT64_MAX;
	pair->total_ns = pair->total_ns < INT64_MAX - total_ns ? pair->total_ns + total_ns : INT64_MAX;
	if (longest_ns > pair->longest_ns)
		pair->longest_ns = longest_ns;
	return pair;
}

struct fold_pair *count_pair(struct fold *fold, enum resource_kind kind, enum fold_outcome outcome,
							 uint32_t acquire_stack, uint32_t release_stack, uint64_t hold_ns)
{
	return count_pairs(fold, kind, outcome, acquire_stack, release_stack, 1, hold_ns, hold_ns);
}

/* Three stacks do not fit in a key: of those that share one, each takes the next. */
bool count_again(struct fold *fold, const struct fold_connection *connection, uint64_t count)
{
	uint64_t key = (uint64_t)connection->stack * 0x9e3779b97f4a7c15u ^
				   (uint64_t)connection->use_stack * 0xd6e8feb86659fd93u ^
				   (uint64_t)connection->inside_stack * 0xc2b2ae3d27d4eb4fu;
	const uint32_t *index;
	/* The highest bits tell it from what was released, whose kind is none of these. */
	for (key &= PAIR_KEY_FREE; key == 0 || (index = map_find(&fold->pair_index, key)) != NULL;
		 key = (key + 1) & PAIR_KEY_FREE) {
		if (key == 0)
			continue; /* is none */
		struct fold_pair *pair = (struct fold_pair *)fold->pairs.items + *index;
		if (pair->acquire_stack == connection->stack && pair->release_stack == connection->use_stack &&
			pair->idle_stack == connection->inside_stack) {
			pair->count += count;
			return true;
		}
	}
	uint32_t number = fold->pairs.count;
	struct fold_pair *pair = array_add(&fold->pairs, sizeof *pair);
	if (pair == NULL || !map_add(&fold->pair_index, key, number))
		return false;
	*pair = (struct fold_pair){.kind = KIND_NONE,
							   .acquire_stack = connection->stack,
							   .release_stack = connection->use_stack,
							   .idle_stack = connection->inside_stack,
							   .count = count};
	return true;
}

/*
 * One place an address: no list to keep up, and what an address was given back as is right as long as it is there, for
 * whoever is handed out anew at it is live and found first.
 */
static uint32_t past_place(uint64_t address)
{
	return (uint32_t)(address * 0x9e3779b97f4a7c15u >> (64 - PAST_BITS));
}

bool past_remember(struct fold_past **table, const struct fold_past *past)
{
	const size_t bytes = ((size_t)1 << PAST_BITS) * sizeof **table;
	if (*table == NULL) {
		*table = sqlite3_malloc64(bytes);
		if (*table == NULL)
			return false;
		memset(*table, 0, bytes);
	}
	(*table)[past_place(past->address)] = *past;
	return true;
}

const struct fold_past *past_recall(const struct fold_past *table, uint64_t address)
{
	if (table == NULL || address == 0)
		return NULL;
	const struct fold_past *past = &table[past_place(address)];
	return past->address == address ? past : NULL;
}

static bool is_same(const struct fold_misuse *a, const struct fold_misuse *b)
{
	return a->kind == b->kind && a->stack == b->stack && a->acquire_stack == b->acquire_stack &&
		   a->release_stack == b->release_stack && (a->connection == b->connection || !misuse_is_in_child(a->kind));
}

bool count_misuse(struct fold *fold, enum misuse_kind kind, const struct event *event, uint32_t acquire_stack,
				  uint32_t release_stack, int64_t connection)
{
	/* The release that came first, or the acquire between the two, may be among what was lost. */
	if (fold->has_lost)
		return true;
	struct fold_misuse misuse = {
		.count = fold->times,
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
			known->count += misuse.count;
			known->last = later(known->last, misuse.last);
			return true;
		}
	}
	struct fold_misuse *item = array_add(&fold->misuses, sizeof *item);
	if (item == NULL)
		return false;
	*item = misuse;
	return true;
}
