// SPDX-License-Identifier: PostgreSQL
/* forks.c - see forks.h. */
#include "preload/process/forks.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum {
	YIELDS = 200,
	SLEEPS = 2000, /* of 100 us each */
};

/* Below: threads; above: how often a fork gave up waiting for them.  In one word, so that neither is wrong of the
 * other. */
static _Atomic uint64_t inside;
static _Atomic int forking; /* threads */

#define THREADS UINT32_MAX

/* What this thread is doing itself. */
static __thread struct {
	const void *frame; /* the hold it is in, or NULL */
	uint64_t gave_up;  /* when it began */
	bool is_forking;
} own __attribute__((tls_model("initial-exec")));

static uint64_t times_given_up(void)
{
	return atomic_load(&inside) >> 32;
}

static uint64_t enter(void)
{
	return atomic_fetch_add(&inside, 1) >> 32;
}

/* Who entered before a fork gave up is not counted any more. */
static void leave(uint64_t gave_up)
{
	uint64_t now = atomic_load(&inside);
	while (now >> 32 == gave_up && (now & THREADS) > 0 && !atomic_compare_exchange_weak(&inside, &now, now - 1))
		;
}

static void give_up(void)
{
	uint64_t now = atomic_load(&inside);
	while (!atomic_compare_exchange_weak(&inside, &now, ((now >> 32) + 1) << 32))
		;
}

/* False: it was long enough. */
static bool wait_a_little(int tries)
{
	int error = errno;
	if (tries < YIELDS)
		sched_yield();
	else
		nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	errno = error;
	return tries < YIELDS + SLEEPS;
}

const void *forks_hold(void)
{
	const void *frame = __builtin_frame_address(0);
	uint64_t gave_up = own.gave_up;
	/* Below the frame of the hold we are its signal's handler; above it, that hold is no more, and counts for this. */
	if (own.frame != NULL && (uintptr_t)frame < (uintptr_t)own.frame)
		return NULL;
	if (own.frame == NULL || gave_up != times_given_up()) {
		gave_up = enter();
		for (int tries = 0; atomic_load(&forking) > 0 && !own.is_forking; tries++) {
			leave(gave_up);
			bool goes_on = wait_a_little(tries);
			gave_up = enter(); /* a fork may have given up meanwhile */
			if (!goes_on)
				break;
		}
	}
	own.frame = frame;
	atomic_signal_fence(memory_order_seq_cst); /* from here on a handler has no hold of its own to overwrite this */
	own.gave_up = gave_up;
	return frame;
}

void forks_let(const void *hold)
{
	/* A handler on another stack may have taken the hold for one that is no more. */
	if (hold == NULL || own.frame != hold)
		return;
	uint64_t gave_up = own.gave_up;
	atomic_signal_fence(memory_order_seq_cst); /* from here on a handler's hold may overwrite it */
	own.frame = NULL;
	leave(gave_up);
}

static uint64_t held_here(void)
{
	return own.frame != NULL && own.gave_up == times_given_up();
}

static void before(void)
{
	own.is_forking = true;
	atomic_fetch_add(&forking, 1);
	for (int tries = 0; (atomic_load(&inside) & THREADS) > held_here(); tries++)
		if (!wait_a_little(tries))
			give_up();
}

static void in_parent(void)
{
	own.is_forking = false;
	atomic_fetch_sub(&forking, 1);
}

static void in_child(void)
{
	own.is_forking = false;
	atomic_store(&forking, 0);
	atomic_store(&inside, times_given_up() << 32 | held_here());
}

void forks_prepare(void)
{
	static bool is_prepared;
	if (!is_prepared)
		is_prepared = pthread_atfork(before, in_parent, in_child) == 0;
}
