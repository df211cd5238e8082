// SPDX-License-Identifier: PostgreSQL
/*
 * libpq-cache.h - the routes that are known already.
 *
 * One word an entry, so that readers need no lock: a hash of an address and of
 * the unload count, and in the lowest byte the route.  Addresses share no hash
 * unless a hundred unloads lie between them.  Filled by libpq-route.c; read by
 * it, and by call.c on every wrapped call.
 */
#ifndef PQLEAK_PRELOAD_LIBPQ_LIBPQ_CACHE_H
#define PQLEAK_PRELOAD_LIBPQ_LIBPQ_CACHE_H

#include <assert.h>

#include "preload/elf/linker.h"
#include "preload/libpq/libpq-route.h"
#include "preload/libpq/libpq.h"

#define CACHE_BITS 12
#define CACHE_ENTRIES (1u << CACHE_BITS) /* a large program has thousands of call sites */

/* A route in a byte: the libpq's number and three flags. */
enum {
	ROUTE_IS_GLOBAL = 0x80,
	ROUTE_IS_NESTED = 0x40,
	ROUTE_PASSES = 0x20, /* nested, and no caller in there is the host */
	ROUTE_BYTE = 0xff,
};
static_assert(LIBPQ_MAX <= ROUTE_PASSES && (LIBPQ_MAX & (LIBPQ_MAX - 1)) == 0,
			  "a libpq's number fits beside the flags, and is the bits below them");

/* Finding the module of an address costs more than all the rest of a call: so also by the return addresses. */
extern _Atomic uint64_t cache_callers[CACHE_ENTRIES];

struct cached {
	_Atomic uint64_t *entry;
	uint64_t key, word;
};

/* The entry for an address; its word's lowest byte is a route if cache_has. */
static inline struct cached cache_look(_Atomic uint64_t cache[CACHE_ENTRIES], const void *address)
{
	uint64_t unloads = atomic_load_explicit(&linker_unloads, memory_order_acquire);
	uint64_t hash = ((uintptr_t)address + (unloads << 48 | unloads)) * 0x9e3779b97f4a7c15u;
	_Atomic uint64_t *entry = &cache[hash >> (64 - CACHE_BITS)];
	return (struct cached){entry, hash & ~(uint64_t)ROUTE_BYTE, atomic_load_explicit(entry, memory_order_acquire)};
}

static inline bool cache_has(const struct cached *cached)
{
	return (cached->word ^ cached->key) <= ROUTE_BYTE;
}

static inline struct route cache_route(uint64_t word)
{
	return (struct route){
		.libpq = &registry[word & (LIBPQ_MAX - 1)],
		.nested = (word & ROUTE_IS_NESTED) != 0,
		.is_global = (word & ROUTE_IS_GLOBAL) != 0,
		.passes = (word & ROUTE_PASSES) != 0,
	};
}

/* The route of code at `return_address`, if route_of_caller has found it before.  Calls nothing, and keeps errno. */
static inline bool cache_recall(const void *return_address, struct route *ret)
{
	struct cached caller = cache_look(cache_callers, return_address);
	*ret = cache_route(caller.word);
	return cache_has(&caller);
}

#endif
