// SPDX-License-Identifier: PostgreSQL
/*
 * libpq.h - the libpqs of this process, and which of them serves a caller.
 *
 * A process may hold several: the system's, one bundled in a wheel, one linked
 * statically into a plug-in.  A call must go where it would have gone without
 * us, so the answer depends on the caller: on the function pointer dlsym gave
 * it (a thunk of one libpq), else on the object its return address lies in.
 *
 * Owns the registry and its caches.  Called by call.c on every wrapped call
 * and by dl.c.  Never takes a lock that the host could hold across a call of
 * ours; the slow path uses the dynamic linker as dlsym does.
 */
#ifndef PQLEAK_PRELOAD_LIBPQ_LIBPQ_H
#define PQLEAK_PRELOAD_LIBPQ_LIBPQ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/elf/elf-object.h"
#include "preload/libpq/hooks.h"
#include "preload/libpq/libpq-max.h"

/* Who defines this is a libpq: every one does, and no interposer has a reason to. */
#define LIBPQ_SIGN "PQparameterStatus"

struct libpq {
	struct elf_object object;
	_Atomic uint32_t unloads;             /* linker_unloads when the rest was learned */
	bool is_user_too;                     /* a plug-in that contains libpq: calls from inside it may be its own */
	_Atomic(void *) real[FUNCTION_COUNT]; /* its own functions */
	_Atomic(void *) global[HOOK_COUNT];   /* what the global scope behind us has: perhaps another interposer's */
};

/* Who serves a caller. */
struct libpq_route {
	struct libpq *libpq; /* the one its call would have reached without us, or NULL */
	bool nested;         /* the caller lies inside a libpq: the call is libpq's own */
	bool passes;         /* nested, and the host's calls do not come from in there */
	bool is_global;      /* it would have been found in the global scope */
};

/*
 * The route of code at `return_address`.  `object` is the call's PGconn or PGresult, or NULL: it decides when the
 * address does not (an FFI, a return address under a tail call) and there are several libpqs.
 */
struct libpq_route libpq_of_caller(const void *return_address, const void *object);

/* Remembers which libpq made a connection or a result, for that case; forgetting is left to reuse. */
void libpq_note_maker(const struct libpq *libpq, const void *object);

/* The libpq that dlsym's thunk number `hint` (from 1) belongs to. */
struct libpq *libpq_of_hint(uint32_t hint);

/* What `real` holds for a function that this libpq does not have. */
#define LIBPQ_ABSENT ((void *)1)

/* Looks for a function and remembers the answer. */
void *libpq_find_function(struct libpq *libpq, unsigned n);

/* Function number `n` (an enum hook or enum libpq_function) of this libpq, or NULL when it has none of that name. */
static inline void *libpq_function(struct libpq *libpq, unsigned n)
{
	void *real = atomic_load_explicit(&libpq->real[n], memory_order_acquire);
	return (uintptr_t)real > (uintptr_t)LIBPQ_ABSENT ? real : libpq_find_function(libpq, n);
}

/* The same, but what the global scope behind us has of that name: interposers like us keep their place in the chain. */
void *libpq_global_function(struct libpq *libpq, enum hook hook);

/* What those two have found before on that route, or NULL. */
static inline void *libpq_known_function(const struct libpq_route *route, enum hook hook)
{
	const _Atomic(void *) *known = route->is_global ? route->libpq->global : route->libpq->real;
	void *real = atomic_load_explicit(&known[hook], memory_order_acquire);
	return real != LIBPQ_ABSENT ? real : NULL;
}

/* Remembers that the object lies in a module opened with RTLD_DEEPBIND: its own libpq comes first. */
void libpq_note_deepbind(const struct link_map *map);

/* Whether the address lies in such a module. */
bool libpq_is_deepbound(const void *address);

/*
 * What the module at that address finds among its own dependencies, or NULL, and then dlerror says so in the module's
 * name. For an address in the program itself: NULL, and dlerror is as it was.
 */
void *libpq_in_own_scope(const void *address, const char *name);

#endif
