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

#define CACHE_BITS 14
#define CACHE_FEW 64u
#define CACHE_ENTRIES (1u << CACHE_BITS) /* a large program has thousands of call sites */

/* A route in a byte: the libpq's number and four flags. */
enum {
	ROUTE_IS_GLOBAL = 0x80,
	ROUTE_IS_NESTED = 0x40,
	ROUTE_PASSES = 0x20, /* nested, and no caller in there is the host */
	ROUTE_BY_ADDRESS = 0x10,
	ROUTE_BYTE = 0xff,
};
static_assert(LIBPQ_MAX <= ROUTE_BY_ADDRESS && (LIBPQ_MAX & (LIBPQ_MAX - 1)) == 0,
			  "a libpq's number fits beside the flags, and is the bits below them");

/* A short process has few entries, and each of them on a page of its own would cost more than all else. */
struct cache {
	_Atomic uint64_t *few;  /* CACHE_FEW; none is ever emptied */
	_Atomic uint64_t *many; /* CACHE_ENTRIES, for those whose place among the few is another's */
};

/* Finding the module of an address costs more than all the rest of a call: so also by the return addresses. */
extern _Atomic uint64_t cache_few_callers[CACHE_FEW], cache_many_callers[CACHE_ENTRIES];
#define CACHE_CALLERS ((struct cache){cache_few_callers, cache_many_callers})

struct cached {
	_Atomic uint64_t *entry;
	uint64_t key, word;
};

static inline bool cache_has(const struct cached *cached)
{
	return (cached->word ^ cached->key) <= ROUTE_BYTE;
}

static inline struct cached cache_entry(_Atomic uint64_t *entry, uint64_t key)
{
	return (struct cached){entry, key, atomic_load_explicit(entry, memory_order_acquire)};
}

/* The entry for an address, one of three; its word's lowest byte is a route if cache_has. */
static inline struct cached cache_look(struct cache cache, const void *address)
{
	uint64_t unloads = atomic_load_explicit(&linker_unloads, memory_order_acquire);
	uint64_t hash = ((uintptr_t)address + (unloads << 48 | unloads)) * 0x9e3779b97f4a7c15u;
	uint64_t key = hash & ~(uint64_t)ROUTE_BYTE;
	/* Call sites often lie at equal distances, of which multiplying alone makes few different ones. */
	uint64_t at = (hash >> (64 - CACHE_BITS) ^ hash >> 32) & (CACHE_ENTRIES - 1);
	struct cached one = cache_entry(&cache.few[at % CACHE_FEW], key);
	if (one.word == 0 || cache_has(&one))
		return one;
	struct cached first = cache_entry(&cache.many[at], key);
	if (__builtin_expect(cache_has(&first), 1))
		return first;
	struct cached second = cache_entry(&cache.many[at ^ 1], key);
	return cache_has(&second) || (first.word != 0 && second.word == 0) ? second : first;
}

static inline struct route cache_route(uint64_t word)
{
	return (struct route){
		.libpq = &registry[word & (LIBPQ_MAX - 1)],
		.nested = (word & ROUTE_IS_NESTED) != 0,
		.is_global = (word & ROUTE_IS_GLOBAL) != 0,
		.passes = (word & ROUTE_PASSES) != 0,
		.by_address = (word & ROUTE_BY_ADDRESS) != 0,
	};
}

/*
 * The route of a whole module, where most calls come from: one for what lies in a libpq and passes, one for the host's.
 * Written by one thread at a time, seldom; who reads it meanwhile finds another `unloads` before and after.
 */
struct near_route {
	_Atomic uint64_t unloads; /* linker_unloads, and one: 0 while there is none */
	_Atomic uintptr_t
		first; /* return address: the one after a call may belong to the next module, when that never returns */
	_Atomic size_t size;
	_Atomic(struct libpq *) libpq;
	_Atomic(const _Atomic(void *) *) functions; /* of that libpq: its own, or what the global scope has */
};
extern struct near_route near_passing, near_host;

struct near {
	struct libpq *libpq; /* NULL: the address lies elsewhere */
	void *real;          /* the function that is called, or NULL: not known yet */
};

static inline __attribute__((always_inline)) struct near near_look(const struct near_route *route, enum hook hook,
																   const void *return_address)
{
	uint64_t unloads = atomic_load_explicit(&route->unloads, memory_order_acquire);
	uintptr_t first = atomic_load_explicit(&route->first, memory_order_relaxed);
	if ((uintptr_t)return_address - first >= atomic_load_explicit(&route->size, memory_order_relaxed))
		return (struct near){0};
	struct libpq *libpq = atomic_load_explicit(&route->libpq, memory_order_relaxed);
	const _Atomic(void *) *functions = atomic_load_explicit(&route->functions, memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
	if (unloads != (uint64_t)atomic_load_explicit(&linker_unloads, memory_order_relaxed) + 1 ||
		unloads != atomic_load_explicit(&route->unloads, memory_order_relaxed))
		return (struct near){0};
	void *real = atomic_load_explicit(&functions[hook], memory_order_acquire);
	return (struct near){libpq, real != LIBPQ_ABSENT ? real : NULL};
}

/*
 * The route of code at `return_address`, if route_of_caller has found it before and the object need not be asked. Takes
 * no lock, and keeps errno.
 */
static inline bool cache_recall(const void *return_address, struct route *ret)
{
	struct cached caller = cache_look(CACHE_CALLERS, return_address);
	*ret = cache_route(caller.word);
	return cache_has(&caller) && (!ret->by_address || registry_count() < 2);
}

#endif
