// SPDX-License-Identifier: PostgreSQL
/*
 * fold-store.h - the fold's memory: items, their indexes and their lists.
 *
 * Private to the fold.  Functions that can run out of memory say so with NULL
 * or false.  Pointers to items are valid until the next item of that kind is
 * added.
 */
#ifndef PQLEAK_TRACE_FOLD_FOLD_STORE_H
#define PQLEAK_TRACE_FOLD_FOLD_STORE_H

#include "trace/fold/fold.h"

/* A new live connection at an address where none is; all but its address is zero. */
struct fold_connection *store_add_connection(struct fold *fold, uint64_t address);

/* The live connection at `address`, or NULL. */
struct fold_connection *store_find_connection(struct fold *fold, uint64_t address);

static inline uint32_t store_connection_index(const struct fold *fold, const struct fold_connection *connection)
{
	return (uint32_t)(connection - (struct fold_connection *)fold->connections.items);
}

/* Puts it on the list of those to save, once. */
bool store_touch(struct fold *fold, struct fold_connection *connection);

/* It is live no more; it stays on the list of those to save. */
void store_release_connection(struct fold *fold, struct fold_connection *connection);

/* A new live resource, on the list of those without a row; only its kind and address are set. */
struct fold_resource *store_add_resource(struct fold *fold, enum resource_kind kind, uint64_t address, uint32_t owner);

/* Whether resources of that kind are in live_resources; others are found through their connection only. */
static inline bool store_is_keyed(enum resource_kind kind)
{
	return kind_key(kind) != BY_STATE;
}

/* The key in live_resources.  Two may share one; whoever looks up checks the item. */
static inline uint64_t store_key(enum resource_kind kind, uint64_t address, uint32_t owner)
{
	if (kind == KIND_RESULT)
		return address;
	uint64_t key = address ^ (uint64_t)kind << 58;
	if (owner != 0)
		key ^= (uint64_t)owner * 0xd6e8feb86659fd93u;
	return key != 0 ? key : 1;
}

/* Index of whatever a new resource would take the place of, or 0. */
static inline uint32_t store_find_occupant(const struct fold *fold, enum resource_kind kind, uint64_t address,
										   uint32_t owner)
{
	const uint32_t *index = map_find(&fold->live_resources, store_key(kind, address, owner));
	return index != NULL ? *index : 0;
}

/*
 * Index of the live resource of that kind at `address`, or 0; `owner` is the connection's index for kinds that are
 * numbered within it, else 0.
 */
static inline uint32_t store_find_resource(const struct fold *fold, enum resource_kind kind, uint64_t address,
										   uint32_t owner)
{
	uint32_t index = store_find_occupant(fold, kind, address, owner);
	const struct fold_resource *resource = fold_resource(fold, index);
	bool is_it = resource->kind == kind && resource->address == address && (owner == 0 || resource->owner == owner);
	return is_it ? index : 0;
}

/* Drops a live resource, out of its chain too; if it has a row, that is to be deleted. */
bool store_remove_resource(struct fold *fold, uint32_t index);

/* Puts a resource at the end of its connection's chain. */
void store_chain(struct fold *fold, struct fold_connection *connection, struct fold_resource *resource);

#endif
