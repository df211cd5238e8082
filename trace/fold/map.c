// SPDX-License-Identifier: PostgreSQL
/* map.c - growing, removing and clearing; the look-up is inline in map.h. */
#include "trace/fold/map.h"

#include <sqlite3.h>
#include <string.h>

#define MAP_FIRST_BITS 6
#define MAP_KEPT_SLOTS 16384 /* what map_clear keeps at most: 256 KiB */

static void place(struct map *map, uint64_t key, uint32_t value)
{
	uint32_t at = map_home(map, key);
	while (map->slots[at].key != 0)
		at = (at + 1) & map->mask;
	map->slots[at] = (struct map_slot){key, value};
}

static bool make_room(struct map *map)
{
	if (map->slots != NULL && map->used < map->mask / 2)
		return true;
	uint32_t bits = map->slots == NULL ? MAP_FIRST_BITS : 64 - map->shift + 1;
	if (bits > 31)
		return false;
	size_t bytes = ((size_t)1 << bits) * sizeof(struct map_slot);
	struct map larger = {
		.slots = sqlite3_malloc64(bytes),
		.mask = ((uint32_t)1 << bits) - 1,
		.shift = 64 - bits,
		.used = map->used,
	};
	if (larger.slots == NULL)
		return false;
	memset(larger.slots, 0, bytes);
	for (uint32_t i = 0; map->slots != NULL && i <= map->mask; i++)
		if (map->slots[i].key != 0)
			place(&larger, map->slots[i].key, map->slots[i].value);
	sqlite3_free(map->slots);
	*map = larger;
	return true;
}

bool map_add(struct map *map, uint64_t key, uint32_t value)
{
	if (!make_room(map))
		return false;
	place(map, key, value);
	map->used++;
	return true;
}

void map_remove(struct map *map, uint64_t key)
{
	if (map->used == 0)
		return;
	uint32_t hole = map_home(map, key);
	while (map->slots[hole].key != key) {
		if (map->slots[hole].key == 0)
			return;
		hole = (hole + 1) & map->mask;
	}
	/* Those behind move up, unless that would put them before their home: so no tombstones ever pile up. */
	for (uint32_t at = (hole + 1) & map->mask; map->slots[at].key != 0; at = (at + 1) & map->mask) {
		uint32_t home = map_home(map, map->slots[at].key);
		if (((at - home) & map->mask) >= ((at - hole) & map->mask)) {
			map->slots[hole] = map->slots[at];
			hole = at;
		}
	}
	map->slots[hole].key = 0;
	map->used--;
}

void map_clear(struct map *map)
{
	if (map->slots == NULL)
		return;
	if (map->mask >= MAP_KEPT_SLOTS)
		map_done(map);
	else if (map->used > 0)
		memset(map->slots, 0, ((size_t)map->mask + 1) * sizeof(struct map_slot));
	map->used = 0;
}

void map_done(struct map *map)
{
	sqlite3_free(map->slots);
	*map = (struct map){0};
}

void *array_add(struct array *array, size_t size)
{
	if (array->count == array->room) {
		uint32_t room = array->room == 0 ? 32 : array->room * 2;
		void *items = room > array->room ? sqlite3_realloc64(array->items, room * size) : NULL;
		if (items == NULL)
			return NULL;
		array->items = items;
		array->room = room;
	}
	return (char *)array->items + array->count++ * size;
}

void array_done(struct array *array)
{
	sqlite3_free(array->items);
	*array = (struct array){0};
}
