// SPDX-License-Identifier: PostgreSQL
/*
 * libpq-route.h - which libpq a caller would have reached without us.
 *
 * A call must go where it would have gone, so the answer depends on the
 * caller: on the object its return address lies in, and how that was bound.
 *
 * Owns what is known of callers: the DEEPBIND modules, the cache of callers
 * already resolved (libpq-cache.h), and the makers of objects.  Never takes a
 * lock that the host could hold across a call of ours; the slow path uses the
 * dynamic linker as dlsym does.
 */
#ifndef PQLEAK_PRELOAD_LIBPQ_LIBPQ_ROUTE_H
#define PQLEAK_PRELOAD_LIBPQ_LIBPQ_ROUTE_H

#include "preload/libpq/libpq.h"

/* Who serves a caller. */
struct route {
	struct libpq *libpq; /* the one its call would have reached without us, or NULL */
	bool nested;         /* the caller lies inside a libpq: the call is libpq's own */
	bool passes;         /* nested, and the host's calls do not come from in there */
	bool is_global;      /* it would have been found in the global scope */
	bool by_address;     /* the caller names no libpq, and was handed the address: with several, the object decides */
};

/*
 * The route of code at `return_address`.  `object` is the call's PGconn or PGresult, or NULL: it decides when the
 * address does not (an FFI, a return address under a tail call) and there are several libpqs.
 */
struct route route_of_caller(const void *return_address, const void *object);

/* The function that a call on that route goes to, or NULL. */
static inline void *route_function(const struct route *route, enum hook hook)
{
	return route->is_global ? libpq_global_function(route->libpq, hook) : libpq_function(route->libpq, hook);
}

/* The same if it was found before, or NULL. */
static inline void *route_known_function(const struct route *route, enum hook hook)
{
	const _Atomic(void *) *known = route->is_global ? route->libpq->global : route->libpq->real;
	void *real = atomic_load_explicit(&known[hook], memory_order_acquire);
	return real != LIBPQ_ABSENT ? real : NULL;
}

void route_note_maker_of_several(const struct libpq *libpq, const void *object);

/* Remembers which libpq made a connection or a result, for that case; forgetting is left to reuse. */
static inline void route_note_maker(const struct libpq *libpq, const void *object)
{
	if (libpq != registry || registry_count() != 1)
		route_note_maker_of_several(libpq, object);
}

/* Remembers that the object lies in a module opened with RTLD_DEEPBIND: its own libpq comes first. */
void route_note_deepbind(const struct link_map *map);

/* Whether the address lies in such a module. */
bool route_is_deepbound(const void *address);

/*
 * What the module at that address finds among its own dependencies, or NULL, and then dlerror says so in the module's
 * name. For an address in the program itself: NULL, and dlerror is as it was.
 */
void *route_in_own_scope(const void *address, const char *name);

#endif
