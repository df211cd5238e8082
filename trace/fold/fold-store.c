// SPDX-License-Identifier: PostgreSQL
/*
 * fold-store.c - the fold's memory: items, their indexes and their lists.
 *
 * Called by fold.c while it folds, and by rows.c when all is saved.  Items are
 * never moved to another index and never freed one by one: they are chained
 * and used again.
 */
#include "trace/fold/fold-private.h"

#include <sqlite3.h>
#include <string.h>

bool fold_init(struct fold *fold, bool is_forked)
{
	*fold = (struct fold){.is_forked = is_forked, .next_connection = 1, .times = 1};
	/* Index 0 means none. */
	struct fold_connection *no_connection = array_add(&fold->connections, sizeof *no_connection);
	struct fold_resource *no_resource = array_add(&fold->resources, sizeof *no_resource);
	if (no_connection == NULL || no_resource == NULL) {
		fold_done(fold);
		return false;
	}
	*no_connection = (struct fold_connection){0};
	*no_resource = (struct fold_resource){0};
	return true;
}

void fold_done(struct fold *fold)
{
	array_done(&fold->connections);
	array_done(&fold->resources);
	array_done(&fold->touched);
	array_done(&fold->gone_resources);
	array_done(&fold->pairs);
	array_done(&fold->piles);
	map_done(&fold->pile_index);
	array_done(&fold->resets);
	array_done(&fold->misuses);
	map_done(&fold->live_connections);
	map_done(&fold->live_resources);
	map_done(&fold->pair_index);
	sqlite3_free(fold->finished);
	sqlite3_free(fold->cleared);
	fold->finished = fold->cleared = NULL;
}

struct fold_connection *store_add_connection(struct fold *fold, uint64_t address)
{
	uint32_t index = fold->free_connection != 0 ? fold->free_connection : fold->connections.count;
	if (!map_add(&fold->live_connections, address, index))
		return NULL;
	if (fold->free_connection != 0) {
		fold->free_connection = fold_connection(fold, index)->next_free;
	} else if (array_add(&fold->connections, sizeof(struct fold_connection)) == NULL) {
		map_remove(&fold->live_connections, address);
		return NULL;
	}
	struct fold_connection *connection = fold_connection(fold, index);
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
	uint32_t *item = array_add(&fold->touched, sizeof *item);
	if (item == NULL)
		return false;
	*item = store_connection_index(fold, connection);
	connection->is_touched = true;
	return true;
}

void store_release_connection(struct fold *fold, struct fold_connection *connection)
{
	connection->is_released = true;
	map_remove(&fold->live_connections, connection->address);
	fold->last_address = 0;
}

struct fold_resource *store_add_resource(struct fold *fold, enum resource_kind kind, uint64_t address, uint32_t owner)
{
	uint32_t index = fold->free_resource != 0 ? fold->free_resource : fold->resources.count;
	uint64_t key = store_key(kind, address, owner);
	if (store_is_keyed(kind) && !map_add(&fold->live_resources, key, index))
		return NULL;
	if (fold->free_resource != 0) {
		fold->free_resource = fold_resource(fold, index)->next;
	} else if (array_add(&fold->resources, sizeof(struct fold_resource)) == NULL) {
		if (store_is_keyed(kind))
			map_remove(&fold->live_resources, key);
		return NULL;
	}
	struct fold_resource *resource = fold_resource(fold, index);
	/* Not all of it: most are results, cleared at once. */
	resource->kind = kind;
	resource->address = address;
	resource->owner = owner;
	resource->row = 0;
	resource->previous = 0;
	resource->next = fold->unsaved_resource;
	if (resource->next != 0)
		fold_resource(fold, resource->next)->previous = index;
	fold->unsaved_resource = index;
	return resource;
}

static void unlink_unsaved(struct fold *fold, const struct fold_resource *resource)
{
	if (resource->previous != 0)
		fold_resource(fold, resource->previous)->next = resource->next;
	else
		fold->unsaved_resource = resource->next;
	if (resource->next != 0)
		fold_resource(fold, resource->next)->previous = resource->previous;
}

void store_chain(struct fold *fold, struct fold_connection *connection, struct fold_resource *resource)
{
	uint32_t index = (uint32_t)(resource - (struct fold_resource *)fold->resources.items);
	struct chain *chain = &connection->held[resource->kind];
	resource->owner = store_connection_index(fold, connection);
	resource->before = chain->last;
	resource->after = 0;
	if (chain->last != 0)
		fold_resource(fold, chain->last)->after = index;
	else
		chain->first = index;
	chain->last = index;
	connection->held_queries += resource->kind == KIND_QUERY;
}

static void unchain(struct fold *fold, const struct fold_resource *resource)
{
	struct fold_connection *connection = fold_connection(fold, resource->owner);
	struct chain *chain = &connection->held[resource->kind];
	connection->held_queries -= resource->kind == KIND_QUERY;
	if (resource->before != 0)
		fold_resource(fold, resource->before)->after = resource->after;
	else
		chain->first = resource->after;
	if (resource->after != 0)
		fold_resource(fold, resource->after)->before = resource->before;
	else
		chain->last = resource->before;
}

bool store_remove_resource(struct fold *fold, uint32_t index)
{
	struct fold_resource *resource = fold_resource(fold, index);
	if (resource->row != 0) {
		int64_t *row = array_add(&fold->gone_resources, sizeof *row);
		if (row == NULL)
			return false;
		*row = resource->row;
	} else {
		unlink_unsaved(fold, resource);
	}
	if (resource->owner != 0)
		unchain(fold, resource);
	pile_remove(fold, resource->pile);
	if (store_is_keyed(resource->kind))
		map_remove(&fold->live_resources, store_key(resource->kind, resource->address, resource->owner));
	resource->kind = KIND_NONE;
	resource->next = fold->free_resource;
	fold->free_resource = index;
	return true;
}

bool fold_restore_connection(struct fold *fold, const struct fold_connection *connection, uint32_t *ret_index)
{
	*ret_index = 0;
	if (connection->address == 0 || map_find(&fold->live_connections, connection->address) != NULL)
		return true;
	struct fold_connection *item = store_add_connection(fold, connection->address);
	if (item == NULL)
		return false;
	*item = *connection;
	item->is_stored = true;
	item->pile = 0;
	if (item->state == STATE_CONNECTED) {
		fold->open++;
		item->pile = pile_add(fold, KIND_CONNECTION, item->stack, item->acquired + item->connect_ns);
	}
	*ret_index = store_connection_index(fold, item);
	return true;
}

bool fold_restore_resource(struct fold *fold, const struct fold_resource *resource, uint32_t connection_index)
{
	enum resource_kind kind = resource->kind;
	enum kind_key key = kind_key(kind);
	bool is_chained = key != BY_ADDRESS;
	uint32_t owner = key == BY_NUMBER ? connection_index : 0;
	if (key == BY_NOTHING || kind == KIND_CONNECTION || resource->row == 0 || resource->address == 0)
		return true;
	if (is_chained && connection_index == 0)
		return true;
	if (store_is_keyed(kind) && store_find_occupant(fold, kind, resource->address, owner) != 0)
		return true;
	struct fold_resource *item = store_add_resource(fold, kind, resource->address, owner);
	if (item == NULL)
		return false;
	unlink_unsaved(fold, item);
	*item = *resource;
	item->owner = 0;
	item->pile = pile_add(fold, kind, item->stack, item->acquired);
	if (is_chained)
		store_chain(fold, fold_connection(fold, connection_index), item);
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
			connection->next_free = fold->free_connection;
			fold->free_connection = touched[i];
		}
	}
	for (uint32_t i = fold->unsaved_resource; i != 0;) {
		struct fold_resource *resource = fold_resource(fold, i);
		i = resource->next;
		resource->next = resource->previous = 0;
	}
	fold->unsaved_resource = 0;
	fold->touched.count = 0;
	fold->gone_resources.count = 0;
	fold->misuses.count = 0;
	fold->resets.count = 0;
	fold->pairs.count = 0;
	map_clear(&fold->pair_index);
	struct fold_pile *piles = fold->piles.items;
	for (uint32_t i = 0; i < fold->piles.count; i++)
		piles[i].is_changed = false;
	fold->unseen_releases = fold->unknown_releases = fold->damaged = 0;
	fold->counted = 0;
	fold->has_new_end = false;
}
