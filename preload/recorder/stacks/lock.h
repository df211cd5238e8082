// SPDX-License-Identifier: PostgreSQL
/*
 * lock.h - the recorder's one lock, which can never hang the host.
 *
 * Taken for the few dozen nanoseconds of recognising a stack and appending an
 * event; never while unwinding, calling libpq or SQLite.  Its word lies on a
 * page that a fork clears, so a child never inherits it held.  A handler that
 * interrupts its holder is turned away (its event is counted as dropped), a
 * hold abandoned by a longjmp is taken over, and the wait for another thread
 * is bounded.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_STACKS_LOCK_H
#define PQLEAK_PRELOAD_RECORDER_STACKS_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct recorder_lock {
	_Atomic uint32_t *word;    /* the holder's thread id, 0 when free */
	const void *_Atomic frame; /* the holder's stack frame */
};

static inline bool lock_is_free_now(struct recorder_lock *lock, uint32_t thread)
{
	uint32_t owner = 0;
	return atomic_compare_exchange_strong_explicit(lock->word, &owner, thread, memory_order_acquire,
												   memory_order_relaxed);
}

/* Takes it if nobody has it. */
static inline __attribute__((always_inline)) bool lock_take_free(struct recorder_lock *lock, uint32_t thread)
{
	bool is_free = lock_is_free_now(lock, thread);
	if (is_free)
		atomic_store_explicit(&lock->frame, __builtin_frame_address(0), memory_order_relaxed);
	return is_free;
}

/* Waits for whoever has it. */
bool lock_wait(struct recorder_lock *lock, uint32_t thread, const void *frame);

/* False: give up, the event is lost. */
static inline bool lock_take(struct recorder_lock *lock, uint32_t thread)
{
	const void *frame = __builtin_frame_address(0);
	if (__builtin_expect(!lock_is_free_now(lock, thread), 0))
		return lock_wait(lock, thread, frame);
	atomic_store_explicit(&lock->frame, frame, memory_order_relaxed);
	return true;
}

static inline void lock_give(struct recorder_lock *lock)
{
	atomic_store_explicit(lock->word, 0, memory_order_release);
}

/* So many times 100 us, without being a point at which the host's thread can be cancelled. */
void lock_sleep(unsigned times);

#endif
