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

/*
 * Who holds it, and where its stack is, in one word: a handler that comes between two stores would find a frame of the
 * holder before, and take the lock away from the thread that it has interrupted.
 */
#define LOCK_THREAD_BITS 22 /* the kernel's largest thread id, PID_MAX_LIMIT, is 2^22 */
#define LOCK_FRAME_SHIFT 6  /* so that 48 bits of an address have room; a handler's frame lies further below */

struct recorder_lock {
	_Atomic uint64_t *word; /* 0 when free */
};

static inline uint64_t lock_frame(const void *frame)
{
	return (uint64_t)(uintptr_t)frame >> LOCK_FRAME_SHIFT << LOCK_THREAD_BITS;
}

static inline uint32_t lock_thread(uint64_t word)
{
	return (uint32_t)word & ((1u << LOCK_THREAD_BITS) - 1);
}

/* Takes it if nobody has it. */
static inline __attribute__((always_inline)) bool lock_take_free(struct recorder_lock *lock, uint32_t thread,
																 const void *frame)
{
	uint64_t none = 0;
	return atomic_compare_exchange_strong_explicit(lock->word, &none, lock_frame(frame) | thread, memory_order_acquire,
												   memory_order_relaxed);
}

/* Waits for whoever has it. */
bool lock_wait(struct recorder_lock *lock, uint32_t thread, const void *frame);

/* False: give up, the event is lost. */
static inline bool lock_take(struct recorder_lock *lock, uint32_t thread)
{
	const void *frame = __builtin_frame_address(0);
	return __builtin_expect(lock_take_free(lock, thread, frame), 1) || lock_wait(lock, thread, frame);
}

static inline void lock_give(struct recorder_lock *lock)
{
	atomic_store_explicit(lock->word, 0, memory_order_release);
}

/* So many times 100 us, without being a point at which the host's thread can be cancelled. */
void lock_sleep(unsigned times);

#endif
