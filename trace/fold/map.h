// SPDX-License-Identifier: PostgreSQL
/*
 * map.h - from a 64-bit key to a 32-bit index, and arrays that grow.
 *
 * Owns the two containers of the fold, which looks up several keys for each
 * event: open addressing, linear probing, no allocation but to grow, and then
 * SQLite's: in the shim that is never the host's malloc.  A key is never 0.
 * Not thread-safe.
 */
#ifndef PQLEAK_TRACE_FOLD_MAP_H
#define PQLEAK_TRACE_FOLD_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint64_t key; /* 0: free */
	uint32_t value;
};

/* Begin with {0}. */
struct map {
	struct map_slot *slots;
	uint32_t mask; /* slots - 1, a power of two less one; 0 while there are none */
	uint32_t shift;
	uint32_t used;
};

static inline uint32_t map_home(const struct map *map, uint64_t key)
{
	return (uint32_t)(key * 0x9e3779b97f4a7c15u >> map->shift);
}

/* The value of `key`, or NULL; valid until the map changes. */
static inline uint32_t *map_find(const struct map *map, uint64_t key)
{
	if (map->used == 0)
		return NULL;
	for (uint32_t at = map_home(map, key);; at = (at + 1) & map->mask) {
		if (map->slots[at].key == key)
			return &map->slots[at].value;
		if (map->slots[at].key == 0)
			return NULL;
	}
}

/* Adds `key`, which must not be there.  False when memory is short; nothing has changed then. */
bool map_add(struct map *map, uint64_t key, uint32_t value);

/* Removes `key` if it is there. */
void map_remove(struct map *map, uint64_t key);

/* Forgets every key but keeps the room, unless it is large. */
void map_clear(struct map *map);

void map_done(struct map *map);

/* An array of `size`-byte items; begin with {0}. */
struct array {
	void *items;
	uint32_t count;
	uint32_t room;
};

/* One more item at the end, not initialised; NULL when memory is short.  Moves the others. */
void *array_add(struct array *array, size_t size);

void array_done(struct array *array);

#endif
