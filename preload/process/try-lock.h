// SPDX-License-Identifier: PostgreSQL
/*
 * try-lock.h - a lock that is held by the process it names, and never waited for in here.
 *
 * A forked child may find it held by a thread that it has not got: the name is
 * its parent's, and it takes the lock over.
 */
#ifndef PQLEAK_PRELOAD_PROCESS_TRY_LOCK_H
#define PQLEAK_PRELOAD_PROCESS_TRY_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

typedef _Atomic pid_t try_lock; /* 0: free */

static inline bool try_lock_take(try_lock *lock)
{
	pid_t own = getpid(), holder = 0;
	return atomic_compare_exchange_strong(lock, &holder, own) ||
		   (holder != own && atomic_compare_exchange_strong(lock, &holder, own));
}

static inline void try_lock_give(try_lock *lock)
{
	atomic_store_explicit(lock, 0, memory_order_release);
}

#endif
