// SPDX-License-Identifier: PostgreSQL
/* forks.c - see forks.h. */
#include "forks.h"

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

static _Atomic int inside;  /* threads, since the last fork that gave up waiting */
static _Atomic int forking; /* threads */
static _Atomic unsigned gave_up;

/* What this thread is doing itself. */
static __thread struct {
	const void *frame; /* the hold it is in, or NULL */
	unsigned gave_up;  /* when it began */
	bool is_forking;
} own __attribute__((tls_model("initial-exec")));

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
	/* Below the frame of the hold we are its signal's handler; above it, that hold is no more, and counts for this. */
	if (own.frame != NULL && (uintptr_t)frame < (uintptr_t)own.frame)
		return NULL;
	if (own.frame == NULL || own.gave_up != atomic_load(&gave_up)) {
		own.gave_up = atomic_load(&gave_up);
		atomic_fetch_add(&inside, 1);
		for (int tries = 0; atomic_load(&forking) > 0 && !own.is_forking; tries++) {
			atomic_fetch_sub(&inside, 1);
			bool goes_on = wait_a_little(tries);
			atomic_fetch_add(&inside, 1);
			if (!goes_on)
				break;
		}
	}
	own.frame = frame;
	return frame;
}

void forks_let(const void *hold)
{
	/* A handler on another stack may have taken the hold for one that is no more. */
	if (hold == NULL || own.frame != hold)
		return;
	own.frame = NULL;
	if (own.gave_up == atomic_load(&gave_up))
		atomic_fetch_sub(&inside, 1);
}

static int held_here(void)
{
	return own.frame != NULL && own.gave_up == atomic_load(&gave_up);
}

static void before(void)
{
	own.is_forking = true;
	atomic_fetch_add(&forking, 1);
	for (int tries = 0; atomic_load(&inside) > held_here(); tries++)
		if (!wait_a_little(tries)) {
			atomic_fetch_add(&gave_up, 1);
			atomic_store(&inside, 0);
		}
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
	atomic_store(&inside, held_here());
}

void forks_prepare(void)
{
	static bool is_prepared;
	if (!is_prepared)
		is_prepared = pthread_atfork(before, in_parent, in_child) == 0;
}
