// SPDX-License-Identifier: PostgreSQL
/*
 * overlap.h - one connection, one thread at a time: sees where a host breaks that rule.
 *
 * Owns a small fixed table of the connections that a thread is inside a call
 * with.  One compare-and-swap a call, no lock; a connection that finds its
 * place taken by another one goes unwatched for that call.  A longjmp out of
 * a call, a fork or a thread's death leaves an entry behind; such an entry is
 * found out and never taken for a thread at work.  Never holds anybody up.
 */
#ifndef PQLEAK_PRELOAD_CALLS_OVERLAP_H
#define PQLEAK_PRELOAD_CALLS_OVERLAP_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/calls/call.h"

struct overlap {
	_Atomic uint64_t *taken; /* NULL: nothing to give back */
};

/*
 * Notes that the calling thread is at work on `conn` (NULL: nothing to note), and records a misuse when another one is.
 * Only for recorded calls.  Keeps errno.
 */
struct overlap overlap_enter(const struct call *call, const void *conn);

static inline void overlap_leave(struct overlap overlap)
{
	if (overlap.taken != NULL)
		atomic_store_explicit(overlap.taken, 0, memory_order_release);
}

#endif
