// SPDX-License-Identifier: PostgreSQL
/*
 * fold-store.c - the fold's memory: items, their indexes and their lists.
 *
 * Called by fold.c while it folds, and by rows.c when all is saved.  Items are
 * never moved to another index and never freed one by one: they are chained
 * and used again.
 */
#include "fold-store.h"

#include <string.h>

bool fold_init(struct fold *fold, bool is_forked)
{
	*fold = (struct fold){.is_forked = is_forked, .next_connection = 1};
	/* Index 0 means none. */
	void *no_connection = array_add(&fold->connections, sizeof(struct fold_connection));
	void *no_result = array_add(&fold->results, sizeof(struct fold_result));
	if (no_connection != NULL && no_result != NULL)
		return true;
	fold_done(fold);
	return false;
}

void fold_done(struct fold *fold)
{
	array_done(&fold->connections);
	array_done(&fold->results);
	array_done(&fold->touched);
	array_done(&fold->gone_results);
	array_done(&fold->pairs);
	array_done(&fold->resets);
	map_done(&fold->live_connections);
	map_done(&fold->live_results);
	map_done(&fold->pair_index);
}

static uint32_t index_of(const struct fold *fold, const struct fold_connection *connection)
{
	return (uint32_t)(connection - (struct fold_connection *)fold->connections.items);
}

struct fold_connection *store_add_connection(struct fold *fold, uint64_t address)
{
	struct fold_connection *connection = NULL;
	if (fold->free_connection != 0) {
		connection = fold_connection(fold, fold->free_connection);
		if (!map_add(&fold->live_connections, address, fold->free_connection))
			return NULL;
		fold->free_connection = connection->thread;
	} else {
		if (!map_add(&fold->live_connections, address, fold->connections.count))
			return NULL;
		connection = array_add(&fold->connections, sizeof(*connection));
		if (connection == NULL) {
			map_remove(&fold->live_connections, address);
			return NULL;
		}
	}
	*connection = (struct fold_connection){.address = address};
	return connection;
}

struct fold_connection *store_find_connection(struct fold *fold, uint64_t address)
{
	if (address == 0)
		return NULL;
	if (address != fold->last_address) {
		const uint32_t *index = map_find(&fold->live_connections, address);
		if (index == NULL)
			return NULL;
		fold->last_address = address;
		fold->last_index = *index;
	}
	return fold_connection(fold, fold->last_index);
}

bool store_touch(struct fold *fold, struct fold_connection *connection)
{
	if (connection->is_touched)
		return true;
	uint32_t *item = array_add(&fold->touched, sizeof(*item));
	if (item == NULL)
		return false;
	*item = index_of(fold, connection);
	connection->is_touched = true;
	return true;
}

void store_release_connection(struct fold *fold, struct fold_connection *connection)
{
	connection->is_released = true;
	map_remove(&fold->live_connections, connection->address);
	fold->last_address = 0;
}

struct fold_result *store_add_result(struct fold *fold, uint64_t address)
{
	uint32_t index = fold->free_result != 0 ? fold->free_result : fold->results.count;
	if (!map_add(&fold->live_results, address, index))
		return NULL;
	if (fold->free_result != 0) {
		fold->free_result = fold_result(fold, index)->next;
	} else if (array_add(&fold->results, sizeof(struct fold_result)) == NULL) {
		map_remove(&fold->live_results, address);
		return NULL;
	}
	struct fold_result *result = fold_result(fold, index);
	*result = (struct fold_result){.address = address, .next = fold->unsaved_result};
	if (result->next != 0)
		fold_result(fold, result->next)->previous = index;
	fold->unsaved_result = index;
	return result;
}

static void unlink_unsaved(struct fold *fold, const struct fold_result *result)
{
	if (result->previous != 0)
		fold_result(fold, result->previous)->next = result->next;
	else
		fold->unsaved_result = result->next;
	if (result->next != 0)
		fold_result(fold, result->next)->previous = result->previous;
}

bool store_remove_result(struct fold *fold, uint32_t index)
{
	struct fold_result *result = fold_result(fold, index);
	if (result->row != 0) {
		int64_t *row = array_add(&fold->gone_results, sizeof(*row));
		if (row == NULL)
			return false;
		*row = result->row;
	} else {
		unlink_unsaved(fold, result);
	}
	map_remove(&fold->live_results, result->address);
	result->next = fold->free_result;
	fold->free_result = index;
	return true;
}

bool store_count_pair(struct fold *fold, enum resource_kind kind, uint32_t acquire_stack, uint32_t release_stack,
					  uint64_t hold_ns)
{
	/* Blob numbers have far fewer than 31 bits; the kind keeps the key from being 0. */
	uint64_t key = (uint64_t)kind << 62 | (uint64_t)acquire_stack << 31 | release_stack;
	const uint32_t *index = map_find(&fold->pair_index, key);
	struct fold_pair *pair;
	if (index != NULL) {
		pair = (struct fold_pair *)fold->pairs.items + *index;
	} else {
		uint32_t number = fold->pairs.count;
		pair = array_add(&fold->pairs, sizeof(*pair));
		if (pair == NULL || !map_add(&fold->pair_index, key, number))
			return false;
		*pair =
			(struct fold_pair){.kind = (uint8_t)kind, .acquire_stack = acquire_stack, .release_stack = release_stack};
	}
	pair->count++;
	if (hold_ns > INT64_MAX)
		hold_ns = INT64_MAX;
	pair->total_ns = pair->total_ns < INT64_MAX - hold_ns ? pair->total_ns + hold_ns : INT64_MAX;
	if (hold_ns > pair->longest_ns)
		pair->longest_ns = hold_ns;
	return true;
}

bool fold_restore_connection(struct fold *fold, const struct fold_connection *connection)
{
	if (connection->address == 0 || map_find(&fold->live_connections, connection->address) != NULL)
		return true;
	struct fold_connection *item = store_add_connection(fold, connection->address);
	if (item == NULL)
		return false;
	*item = *connection;
	item->is_stored = true;
	return true;
}

bool fold_restore_result(struct fold *fold, const struct fold_result *result)
{
	if (result->address == 0 || result->row == 0 || map_find(&fold->live_results, result->address) != NULL)
		return true;
	struct fold_result *item = store_add_result(fold, result->address);
	if (item == NULL)
		return false;
	unlink_unsaved(fold, item);
	*item = *result;
	return true;
}

void fold_saved(struct fold *fold)
{
	const uint32_t *touched = fold->touched.items;
	for (uint32_t i = 0; i < fold->touched.count; i++) {
		struct fold_connection *connection = fold_connection(fold, touched[i]);
		connection->is_stored = true;
		connection->is_touched = false;
		if (connection->is_released) {
			connection->thread = fold->free_connection;
			fold->free_connection = touched[i];
		}
	}
	for (uint32_t i = fold->unsaved_result; i != 0;) {
		struct fold_result *result = fold_result(fold, i);
		i = result->next;
		result->next = result->previous = 0;
	}
	fold->unsaved_result = 0;
	fold->touched.count = 0;
	fold->gone_results.count = 0;
	fold->resets.count = 0;
	fold->pairs.count = 0;
	map_clear(&fold->pair_index);
	fold->unseen_releases = fold->unknown_releases = fold->damaged = 0;
	fold->end_changed = false;
}
