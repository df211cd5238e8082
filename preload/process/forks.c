// SPDX-License-Identifier: PostgreSQL
/* forks.c - see forks.h. */
#include "preload/process/forks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	YIELDS = 200,
	SLEEPS = 10000,       /* of 100 us each, in which the loader did not work */
	MOST_SLEEPS = 100000, /* altogether */
};

/* Below: threads; above: how often a fork gave up waiting for them.  In one word, so that neither is wrong of the
 * other. */
static _Atomic uint64_t inside;
static _Atomic int forking;   /* threads */
static _Atomic int intruders; /* threads that went inside during a fork, because it took too long */
static _Atomic pid_t loader;  /* the thread that loads libraries of ours, which takes long, or 0 */
static pid_t known_process;   /* that in_child knows of: _Fork and clone call no handler */
static bool is_torn;          /* this process: see forks_is_torn */

#define THREADS UINT32_MAX

/* What this thread is doing itself. */
static __thread struct {
	const void *frame; /* the hold it is in, or NULL */
	uint64_t gave_up;  /* when it began */
	bool is_forking;
	bool in_vain; /* its fork has given up waiting */
	bool is_intruder;
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

/* By system calls alone: a thread may be cancelled in those of libc, and fork() is no such place. */
static void wait_a_little(int tries)
{
	int error = errno;
	if (tries < YIELDS)
		sched_yield();
	else
		syscall(SYS_nanosleep, &(struct timespec){.tv_nsec = 100000}, NULL);
	errno = error;
}

/*
 * Whether the loader runs, waits for a processor or for the disk: then it comes out in the end, however busy the
 * machine is.  Otherwise it waits for a lock, perhaps for one that the forking thread holds.
 */
static bool is_loader_at_work(void)
{
	char path[64], text[512];
	pid_t thread = atomic_load(&loader);
	if (thread == 0)
		return false;
	int error = errno;
	snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	long got = fd >= 0 ? syscall(SYS_read, fd, text, sizeof text - 1) : -1;
	if (fd >= 0)
		syscall(SYS_close, fd);
	errno = error;
	text[got > 0 ? got : 0] = '\0';
	const char *name_end = strrchr(text, ')');
	return name_end != NULL && name_end[1] == ' ' && (name_end[2] == 'R' || name_end[2] == 'D');
}

const void *forks_hold(void)
{
	const void *frame = __builtin_frame_address(0);
	uint64_t gave_up = own.gave_up;
	/* Below the frame of the hold we are its signal's handler; above it, that hold is no more, and counts for this. */
	if (own.frame != NULL && (uintptr_t)frame < (uintptr_t)own.frame)
		return NULL;
	if (own.frame == NULL || gave_up != times_given_up()) {
		int tries = 0;
		gave_up = enter();
		for (; atomic_load(&forking) > 0 && !own.is_forking && tries < YIELDS + MOST_SLEEPS; tries++) {
			leave(gave_up);
			wait_a_little(tries);
			gave_up = enter(); /* a fork may have given up meanwhile */
		}
		own.is_intruder = tries == YIELDS + MOST_SLEEPS; /* not who was inside when a fork began: that waits */
		if (own.is_intruder)
			atomic_fetch_add(&intruders, 1);
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
	if (own.is_intruder)
		atomic_fetch_sub(&intruders, 1);
	own.is_intruder = false;
	leave(gave_up); /* last: from here on a fork goes on */
}

static uint64_t held_here(void)
{
	return own.frame != NULL && own.gave_up == times_given_up();
}

static bool is_anyone_else_inside(void)
{
	return (atomic_load(&inside) & THREADS) > held_here();
}

static void before(void)
{
	own.is_forking = true;
	own.in_vain = false;
	atomic_fetch_add(&forking, 1);
	for (int tries = 0, idle = 0; is_anyone_else_inside(); tries++) {
		if (idle >= YIELDS + SLEEPS || tries >= YIELDS + MOST_SLEEPS) {
			own.in_vain = true;
			give_up();
		}
		wait_a_little(tries);
		idle += tries < YIELDS || !is_loader_at_work();
	}
}

static void in_parent(void)
{
	own.is_forking = false;
	atomic_fetch_sub(&forking, 1);
}

/* What the child has of its parent's threads is itself alone; `is_amid`: another one was inside. */
static void begin(bool is_amid)
{
	is_torn = is_torn || is_amid;
	own.is_forking = own.in_vain = own.is_intruder = false;
	atomic_store(&intruders, 0);
	atomic_store(&loader, 0);
	atomic_store(&forking, 0);
	atomic_store(&inside, times_given_up() << 32 | held_here());
	known_process = getpid();
}

/* Whoever came while the fork was under way was counted for a moment, and did not go inside. */
static void in_child(void)
{
	begin(own.in_vain || atomic_load(&intruders) > own.is_intruder);
}

void forks_loads(bool begins)
{
	atomic_store(&loader, begins ? gettid() : 0);
}

bool forks_is_torn(void)
{
	if (known_process != 0 && known_process != getpid()) /* a child of _Fork or clone */
		begin(is_anyone_else_inside());
	return is_torn;
}

void forks_prepare(void)
{
	if (known_process == 0 && pthread_atfork(before, in_parent, in_child) == 0)
		known_process = getpid();
}
