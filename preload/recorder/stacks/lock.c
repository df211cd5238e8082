// SPDX-License-Identifier: PostgreSQL
/* lock.c - see lock.h. */
#include "preload/recorder/stacks/lock.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum {
	SPINS = 200,   /* the holder is on another processor and nearly done */
	YIELDS = 2000, /* it was preempted */
	SLEEPS = 500,  /* of 100 us each: it is stopped or gone */
};

/* The holder was cancelled or killed by itself: nobody will give the lock back. */
static bool is_gone(struct recorder_lock *lock)
{
	int error = errno;
	uint64_t word = atomic_load_explicit(lock->word, memory_order_relaxed);
	bool gone = word != 0 && tgkill(getpid(), (pid_t)lock_thread(word), 0) != 0 && errno == ESRCH;
	errno = error;
	return gone && atomic_compare_exchange_strong(lock->word, &word, 0);
}

void lock_sleep(unsigned times)
{
	int state;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	nanosleep(&(struct timespec){.tv_nsec = 100000 * (long)times}, NULL);
	pthread_setcancelstate(state, &state);
}

bool lock_wait(struct recorder_lock *lock, uint32_t thread, const void *frame)
{
	/* Who only looks takes nothing away from the holder. */
	for (int tries = 0;; tries++) {
		uint64_t word = atomic_load_explicit(lock->word, memory_order_relaxed);
		if (word == 0 && lock_take_free(lock, thread, frame))
			return true;
		if (lock_thread(word) == thread) {
			/* Ours already.  Below the holder's frame we are its signal handler; above it, the holder is no more. */
			uint64_t mine = lock_frame(frame);
			if (mine < word - thread)
				return false;
			if (atomic_compare_exchange_strong(lock->word, &word, mine | thread))
				return true;
		}
		if (tries >= SPINS + YIELDS + SLEEPS)
			return false;
		if (tries >= SPINS + YIELDS && is_gone(lock))
			continue;
		if (tries >= SPINS + YIELDS)
			lock_sleep(1);
		else if (tries >= SPINS)
			sched_yield();
	}
}
