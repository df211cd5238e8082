// SPDX-License-Identifier: PostgreSQL
/* intern.c - see intern.h. */
#include "intern.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "capture.h"
#include "module.h"

/* --- memory: grows by mapped chunks, is never given back before the process ends --- */

#define CHUNK_BYTES (256u * 1024)

static char *chunk;
static size_t chunk_used = CHUNK_BYTES;

static void *map_memory(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static void *take_memory(size_t bytes)
{
	bytes = (bytes + 7) & ~(size_t)7;
	if (bytes > CHUNK_BYTES - chunk_used) {
		char *more = map_memory(CHUNK_BYTES);
		if (more == NULL || bytes > CHUNK_BYTES)
			return NULL;
		chunk = more;
		chunk_used = 0;
	}
	void *memory = chunk + chunk_used;
	chunk_used += bytes;
	return memory;
}

/* --- the table --- */

/* What a key is: one of the blob types, or one of these private ones, whose value is another blob's number. */
enum private_key {
	KEY_ADDRESSES = 100, /* raw return addresses, and the unload count: a stack */
	KEY_LINK_MAP,        /* a loaded object: a module */
};

struct entry {
	uint64_t hash;
	uint32_t number;
	uint32_t length;
	uint32_t key; /* enum blob_type or private_key */
	uint32_t unloads;
	unsigned char bytes[];
};

static struct entry **table;
static size_t table_size; /* a power of two */
static size_t table_used;
static struct spool *owner;

void intern_reset(struct spool *spool)
{
	/* A forked child's copies of its parent's chunks are simply reused from the next one on. */
	if (table != NULL)
		munmap(table, table_size * sizeof(struct entry *));
	table = NULL;
	table_size = table_used = 0;
	chunk_used = CHUNK_BYTES;
	owner = spool;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

static uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint64_t hash = mix(seed, length), word;
	for (; length >= sizeof word; length -= sizeof word, at += sizeof word) {
		memcpy(&word, at, sizeof word);
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, at, length);
	return mix(hash, word);
}

static bool grow_table(void)
{
	size_t size = table_size == 0 ? 1024 : table_size * 2;
	struct entry **larger = map_memory(size * sizeof(struct entry *));
	if (larger == NULL)
		return false;
	for (size_t i = 0; i < table_size; i++)
		if (table[i] != NULL) {
			size_t slot = table[i]->hash & (size - 1);
			while (larger[slot] != NULL)
				slot = (slot + 1) & (size - 1);
			larger[slot] = table[i];
		}
	if (table != NULL)
		munmap(table, table_size * sizeof(struct entry *));
	table = larger;
	table_size = size;
	return true;
}

static const struct entry *find(uint32_t key, uint32_t unloads, uint64_t hash, const void *bytes, size_t length)
{
	for (size_t slot = hash & (table_size - 1); table_size != 0 && table[slot] != NULL; slot = (slot + 1) & (table_size - 1)) {
		const struct entry *entry = table[slot];
		if (entry->hash == hash && entry->key == key && entry->length == length && entry->unloads == unloads &&
		    memcmp(entry->bytes, bytes, length) == 0)
			return entry;
	}
	return NULL;
}

/* Adds what is not there; without memory it is just not remembered. */
static void add(uint32_t key, uint32_t unloads, uint64_t hash, const void *bytes, size_t length, uint32_t number)
{
	if (number == 0 || (table_used * 2 >= table_size && !grow_table()))
		return;
	struct entry *entry = take_memory(sizeof *entry + length);
	if (entry == NULL)
		return;
	*entry = (struct entry){.hash = hash, .number = number, .length = (uint32_t)length, .key = key, .unloads = unloads};
	memcpy(entry->bytes, bytes, length);
	size_t slot = hash & (table_size - 1);
	while (table[slot] != NULL)
		slot = (slot + 1) & (table_size - 1);
	table[slot] = entry;
	table_used++;
}

uint32_t intern_blob(enum blob_type type, const void *bytes, size_t length)
{
	uint64_t hash = hash_bytes((uint64_t)type, bytes, length);
	const struct entry *entry = find(type, 0, hash, bytes, length);
	if (entry != NULL)
		return entry->number;
	uint32_t number = spool_add_blob(owner, type, bytes, length);
	add(type, 0, hash, bytes, length, number);
	return number;
}

/* --- stacks --- */

static struct blob_frame frame_of(uintptr_t return_address, uint32_t unloads)
{
	/* One less lies inside the call, also when the call is a function's last instruction. */
	uintptr_t address = return_address - 1;
	struct module_place place;
	if (!module_at(address, &place))
		return (struct blob_frame){.offset = address};
	uint64_t hash = hash_bytes(KEY_LINK_MAP, &place.identity, sizeof place.identity);
	const struct entry *known = find(KEY_LINK_MAP, unloads, hash, &place.identity, sizeof place.identity);
	uint32_t number = known != NULL ? known->number : 0;
	if (number == 0) {
		char text[MODULE_TEXT_BYTES];
		number = intern_blob(BLOB_MODULE, text, module_describe(&place, text));
		add(KEY_LINK_MAP, unloads, hash, &place.identity, sizeof place.identity, number);
	}
	return (struct blob_frame){.module = number, .offset = address - place.load_address};
}

uint64_t intern_hash(const uintptr_t *frames, size_t count, uint32_t unloads)
{
	uint64_t hash = mix(KEY_ADDRESSES, unloads);
	for (size_t i = 0; i < count; i++)
		hash = mix(hash, frames[i]);
	return hash;
}

uint32_t intern_stack(const uintptr_t *frames, size_t count, uint32_t unloads, uint64_t hash)
{
	const struct entry *entry = find(KEY_ADDRESSES, unloads, hash, frames, count * sizeof *frames);
	if (entry != NULL)
		return entry->number;
	struct blob_frame places[CAPTURE_FRAMES];
	for (size_t i = 0; i < count; i++)
		places[i] = frame_of(frames[i], unloads);
	/* The same code at another address, or seen before a dlclose, is the same stack. */
	uint32_t number = intern_blob(BLOB_STACK, places, count * sizeof *places);
	add(KEY_ADDRESSES, unloads, hash, frames, count * sizeof *frames, number);
	return number;
}
