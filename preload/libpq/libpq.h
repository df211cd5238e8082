// SPDX-License-Identifier: PostgreSQL
/*
 * libpq.h - one libpq of this process, and its functions.
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

#endif
#endif
