// SPDX-License-Identifier: PostgreSQL
/*
 * libpq.h - a libpq of this process, and its functions.
 *
 * Owns looking them up, each once.  Never takes a lock that the host could
 * hold across a call of ours; the slow path uses the dynamic linker as dlsym
 * does.
 */
#ifndef PQLEAK_PRELOAD_LIBPQ_LIBPQ_H
#define PQLEAK_PRELOAD_LIBPQ_LIBPQ_H

#define LIBPQ_MAX 16 /* so many a process may have: the registry and the thunks are made for as many */

#ifndef __ASSEMBLER__

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/elf/elf-object.h"
#include "preload/libpq/hooks.h"

/* Who defines this is a libpq: every one does, and no interposer has a reason to. */
#define LIBPQ_SIGN "PQparameterStatus"

struct libpq {
	struct elf_object object;
	_Atomic uint32_t unloads;             /* linker_unloads when the rest was learned */
	bool is_user_too;                     /* a plug-in that contains libpq: calls from inside it may be its own */
	_Atomic(void *) real[FUNCTION_COUNT]; /* its own functions */
	_Atomic(void *) global[HOOK_COUNT];   /* what the global scope behind us has: perhaps another interposer's */
};

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

/* What defines LIBPQ_SIGN if exactly one loaded object does, or NULL. */
void *libpq_only_sign(void);

/*
 * Questions to a libpq about its own objects.  Each gives an answer of its own where that libpq has no such function.
 * Asked without any lock of ours; may change errno.
 */

static inline __attribute__((always_inline)) int ask_number(struct libpq *libpq, enum libpq_function n,
															const void *object, int otherwise)
{
	void *function = libpq_function(libpq, n);
	return function != NULL ? (__extension__(int (*)(const void *)) function)(object) : otherwise;
}

static inline __attribute__((always_inline)) size_t ask_size(struct libpq *libpq, enum libpq_function n,
															 const void *object)
{
	void *function = libpq_function(libpq, n);
	return function != NULL ? (__extension__(size_t(*)(const void *)) function)(object) : 0;
}

static inline const char *ask_text(struct libpq *libpq, enum libpq_function n, const void *object)
{
	void *function = libpq_function(libpq, n);
	return function != NULL ? (__extension__(const char *(*)(const void *)) function)(object) : NULL;
}

/*
 * --- the libpqs of this process: libpq-registry.c ---
 *
 * There may be several: the system's, one bundled in a wheel, one linked statically into a plug-in.  Reading their
 * table takes no lock; an entry's place, once it has one, is its number for as long as it is loaded.
 */

extern struct libpq registry[LIBPQ_MAX];

/* How many entries there are, unloaded ones included. */
uint32_t registry_count(void);

/* The entry of that object, or NULL. */
struct libpq *registry_known(const struct elf_object *object);

/* The entry of the object that holds the function; made when there is none. NULL: no object, or no room. */
struct libpq *registry_definer(const void *function);

/* The entry at that place. */
struct libpq *registry_numbered(uint32_t number);

bool registry_is_loaded(const struct libpq *libpq);

#endif
#endif
