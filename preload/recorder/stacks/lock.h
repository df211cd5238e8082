// SPDX-License-Identifier: PostgreSQL
/*
 * lock.h - the recorder's one lock, which can never hang the host.
 *
 * Taken for the few dozen nanoseconds of interning a stack and appending an
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

/* False: give up, the event is lost. */
bool lock_take(struct recorder_lock *lock, uint32_t thread);
void lock_give(struct recorder_lock *lock);

/* So many times 100 us, without being a point at which the host's thread can be cancelled. */
void lock_sleep(unsigned times);

#endif
