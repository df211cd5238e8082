// SPDX-License-Identifier: PostgreSQL
/*
 * overlap.h - one connection, one thread at a time: sees where a host breaks that rule.
 *
 * Owns a small fixed table of the connections that a thread is inside a call
 * with.  One compare-and-swap a call, no lock, and nothing where the process
 * has but one thread; a connection that finds its place taken by another one
 * goes unwatched for that call.  A longjmp out of
 * a call, a fork or a thread's death leaves an entry behind; such an entry is
 * found out and never taken for a thread at work.  Never holds anybody up.
 */
#ifndef PQLEAK_PRELOAD_CALLS_OVERLAP_H
#define PQLEAK_PRELOAD_CALLS_OVERLAP_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/single_threaded.h>

#include "preload/calls/call.h"
#include "trace/spool/spool.h"

/* The place in the table is the address's bits 4 to 11; the word has those above, and the thread. */
#define OVERLAP_ENTRIES SPOOL_WORK_ENTRIES
#define OVERLAP_BITS SPOOL_WORK_ADDRESS_BITS
#define OVERLAP_THREAD_BITS SPOOL_WORK_THREAD_BITS

struct overlap_entry {
	_Atomic uint64_t word;     /* 0: nobody */
	const void *_Atomic frame; /* the wrapper's of that call: whatever it does lies below */
};
static_assert(sizeof(struct overlap_entry) == sizeof(struct spool_work) &&
				  offsetof(struct overlap_entry, word) == offsetof(struct spool_work, word),
			  "the spool tells it");

/* A page: while a process is recorded that of its spool lies here, so that a reader knows who is at work. */
extern struct overlap_entry overlap_entries[OVERLAP_ENTRIES];

/* The place is not free.  True: it is ours now. */
bool overlap_contend(struct overlap_entry *entry, uint64_t mine, uint64_t seen, const struct call *call,
					 const void *conn);

struct overlap {
	_Atomic uint64_t *taken; /* NULL: nothing to give back */
};

/*
 * Notes that the calling thread is at work on `conn` (NULL: nothing to note), and records a misuse when another one is.
 * Only for recorded calls.  Keeps errno.
 */
static inline __attribute__((always_inline)) struct overlap overlap_enter(const struct call *call, const void *conn)
{
	uintptr_t address = (uintptr_t)conn;
	if (conn == NULL || __libc_single_threaded)
		return (struct overlap){0};
	struct overlap_entry *entry = &overlap_entries[(address >> 4) % OVERLAP_ENTRIES];
	uint64_t mine =
		(uint64_t)(address >> OVERLAP_BITS) << OVERLAP_THREAD_BITS | (call->thread & ((1u << OVERLAP_THREAD_BITS) - 1));
	uint64_t seen = 0;
	if (__builtin_expect(!atomic_compare_exchange_strong_explicit(&entry->word, &seen, mine, memory_order_relaxed,
																  memory_order_relaxed),
						 0)) {
		struct call copy = *call; /* so that it may lie in registers */
		if (!overlap_contend(entry, mine, seen, &copy, conn))
			return (struct overlap){0};
	}
	atomic_store_explicit(&entry->frame, call->frame, memory_order_relaxed);
	return (struct overlap){&entry->word};
}

/* Where nobody else can be at work, a call that waits for the server is noted all the same: for readers of the spool.
 */
static inline __attribute__((always_inline)) struct overlap overlap_wait(struct overlap overlap,
																		 const struct call *call, const void *conn)
{
	uintptr_t address = (uintptr_t)conn;
	if (overlap.taken != NULL || conn == NULL)
		return overlap;
	struct overlap_entry *entry = &overlap_entries[(address >> 4) % OVERLAP_ENTRIES];
	if (!__libc_single_threaded)
		return overlap;
	atomic_store_explicit(&entry->word,
						  (uint64_t)(address >> OVERLAP_BITS) << OVERLAP_THREAD_BITS |
							  (call->thread & ((1u << OVERLAP_THREAD_BITS) - 1)),
						  memory_order_relaxed);
	return (struct overlap){&entry->word};
}

static inline void overlap_leave(struct overlap overlap)
{
	if (overlap.taken != NULL)
		atomic_store_explicit(overlap.taken, 0, memory_order_release);
}

#endif
