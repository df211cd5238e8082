// SPDX-License-Identifier: PostgreSQL
/*
 * table.h - from bytes to numbers, in memory mapped for it.
 *
 * Never malloc: the host may be inside it.  The caller holds the recorder's
 * lock.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_STACKS_TABLE_H
#define PQLEAK_PRELOAD_RECORDER_STACKS_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_entry;
struct table_chunk;

#define TABLE_FEW 64

struct table {
	struct table_entry *few[TABLE_FEW]; /* its first slots: a short process needs no mapping of more */
	struct table_entry **slots;         /* size is a power of two */
	size_t size;
	size_t used;
	struct table_chunk *chunk; /* the newest; each knows the one before */
	size_t chunk_used;
};

/* The number under that key, or 0. `kind` is part of the key, as are the bytes; the hash is of both. */
uint32_t table_find(const struct table *table, uint32_t kind, uint64_t hash, const void *bytes, size_t length);

/* The same, and where the bytes are kept until table_clear. */
uint32_t table_find_kept(const struct table *table, uint32_t kind, uint64_t hash, const void *bytes, size_t length,
						 const void **ret_kept);

/* Adds what is not there; without memory it is just not remembered. */
void table_add(struct table *table, uint32_t kind, uint64_t hash, const void *bytes, size_t length, uint32_t number);

/* Forgets everything and gives back most of the memory. */
void table_clear(struct table *table);

/* A hash of words, to be continued with the next word. */
static inline uint64_t table_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

uint64_t table_hash(uint64_t seed, const void *bytes, size_t length);

#endif
