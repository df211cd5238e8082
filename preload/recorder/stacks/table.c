// SPDX-License-Identifier: PostgreSQL
/* table.c - see table.h. */
#include "preload/recorder/stacks/table.h"

#include <stdbool.h>
#include <string.h>

#include "preload/recorder/stacks/memory.h"

#define CHUNK_BYTES (128u * 1024)
#define FIRST_SLOTS 1024u

struct table_entry {
	uint64_t hash;
	uint32_t number;
	uint32_t length;
	uint32_t kind;
	uint32_t unused;
	unsigned char bytes[];
};

struct table_chunk {
	struct table_chunk *before;
	uint64_t unused;
};

static void *take(struct table *table, size_t bytes)
{
	bytes = (bytes + 7) & ~(size_t)7;
	if (bytes > CHUNK_BYTES - sizeof(struct table_chunk))
		return NULL;
	if (table->chunk == NULL || bytes > CHUNK_BYTES - table->chunk_used) {
		struct table_chunk *chunk = memory_map(CHUNK_BYTES);
		if (chunk == NULL)
			return NULL;
		chunk->before = table->chunk;
		table->chunk = chunk;
		table->chunk_used = sizeof *chunk;
	}
	void *memory = (char *)table->chunk + table->chunk_used;
	table->chunk_used += bytes;
	return memory;
}

static void place(struct table_entry **slots, size_t size, struct table_entry *entry)
{
	size_t slot = entry->hash & (size - 1);
	while (slots[slot] != NULL)
		slot = (slot + 1) & (size - 1);
	slots[slot] = entry;
}

static bool grow(struct table *table)
{
	if (table->size == 0) {
		table->slots = table->few;
		table->size = TABLE_FEW;
		return true;
	}
	size_t size = table->size == TABLE_FEW ? FIRST_SLOTS : table->size * 2;
	struct table_entry **slots = memory_map(size * sizeof *slots);
	if (slots == NULL)
		return false;
	for (size_t i = 0; i < table->size; i++)
		if (table->slots[i] != NULL)
			place(slots, size, table->slots[i]);
	if (table->slots == table->few)
		memset(table->few, 0, sizeof table->few);
	else
		munmap(table->slots, table->size * sizeof *slots);
	table->slots = slots;
	table->size = size;
	return true;
}

uint32_t table_find_kept(const struct table *table, uint32_t kind, uint64_t hash, const void *bytes, size_t length,
						 const void **ret_kept)
{
	if (table->size == 0)
		return 0;
	for (size_t slot = hash & (table->size - 1); table->slots[slot] != NULL; slot = (slot + 1) & (table->size - 1)) {
		const struct table_entry *entry = table->slots[slot];
		if (entry->hash == hash && entry->kind == kind && entry->length == length &&
			memcmp(entry->bytes, bytes, length) == 0) {
			*ret_kept = entry->bytes;
			return entry->number;
		}
	}
	return 0;
}

uint32_t table_find(const struct table *table, uint32_t kind, uint64_t hash, const void *bytes, size_t length)
{
	const void *kept;
	return table_find_kept(table, kind, hash, bytes, length, &kept);
}

void table_add(struct table *table, uint32_t kind, uint64_t hash, const void *bytes, size_t length, uint32_t number)
{
	if (number == 0 || (table->used * 2 >= table->size && !grow(table)))
		return;
	struct table_entry *entry = take(table, sizeof *entry + length);
	if (entry == NULL)
		return;
	*entry = (struct table_entry){.hash = hash, .number = number, .length = (uint32_t)length, .kind = kind};
	memcpy(entry->bytes, bytes, length);
	place(table->slots, table->size, entry);
	table->used++;
}

void table_clear(struct table *table)
{
	while (table->chunk != NULL && table->chunk->before != NULL) {
		struct table_chunk *before = table->chunk->before;
		munmap(table->chunk, CHUNK_BYTES);
		table->chunk = before;
	}
	table->chunk_used = sizeof(struct table_chunk);
	if (table->size > FIRST_SLOTS) {
		munmap(table->slots, table->size * sizeof *table->slots);
		table->slots = NULL;
		table->size = 0;
	} else if (table->used > 0) {
		memset(table->slots, 0, table->size * sizeof *table->slots);
	}
	table->used = 0;
}

uint64_t table_hash(uint64_t seed, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint64_t hash = table_mix(seed, length), word;
	for (; length >= sizeof word; length -= sizeof word, at += sizeof word) {
		memcpy(&word, at, sizeof word);
		hash = table_mix(hash, word);
	}
	word = 0;
	memcpy(&word, at, length);
	return table_mix(hash, word);
}
