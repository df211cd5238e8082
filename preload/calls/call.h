// SPDX-License-Identifier: PostgreSQL
/*
 * call.h - one wrapped call on its way through: where it goes, and whether it is recorded.
 *
 * Every hook begins with call_begin.  It decides three things: the real
 * function of this caller's libpq, whether the call is libpq's own (then it
 * passes through), and whether this process is being recorded.
 */
#ifndef PQLEAK_PRELOAD_CALLS_CALL_H
#define PQLEAK_PRELOAD_CALLS_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/calls/thunk.h"
#include "preload/libpq/libpq-cache.h"
#include "preload/libpq/libpq.h"
#include "preload/process/process.h"

struct call {
	struct libpq *libpq;
	void *real;     /* the function to call; NULL: there is none, fail as libpq does when memory is short */
	uint64_t began; /* ns, CLOCK_MONOTONIC; 0: its duration does not matter */
	enum hook hook;
	uint32_t thread;   /* the kernel's id of it; only where the call is recorded */
	const void *frame; /* the wrapper's __builtin_frame_address(0) */
};

/* The function itself, when a libpq calls it for its own purposes, which is to pass; NULL: call_begin decides. */
static inline void *call_passing(enum hook hook, const void *return_address)
{
	struct near near = near_look(&near_passing, hook, return_address);
	return near.real != NULL && pqleak_hint == 0 ? near.real : NULL;
}

/* The same of the host's call that gives back NULL, which nobody needs to know. */
static inline void *call_passing_null(enum hook hook, const void *return_address)
{
	struct near near = near_look(&near_host, hook, return_address);
	return near.real != NULL && pqleak_hint == 0 ? near.real : NULL;
}

/* call_begin of calls from elsewhere. */
bool call_begin_elsewhere(struct call *call, enum hook hook, const void *object, const void *return_address);

/*
 * Sets libpq, real and thread.  `object` is the call's PGconn or PGresult, or NULL.  True: the call is the host's own
 * and is to be recorded.
 * Keeps errno.
 */
static inline __attribute__((always_inline)) bool call_begin(struct call *call, enum hook hook, const void *object,
															 const void *return_address)
{
	/* Most calls come from the host's one module that uses libpq. */
	struct near near = near_look(&near_host, hook, return_address);
	if (__builtin_expect(near.real == NULL || pqleak_hint != 0 || !process_records_thread(), 0)) {
		struct call slow; /* this one has no address outside, and lies in registers */
		bool traced = call_begin_elsewhere(&slow, hook, object, return_address);
		call->libpq = slow.libpq;
		call->real = slow.real;
		call->thread = slow.thread;
		return traced;
	}
	call->libpq = near.libpq;
	call->real = near.real;
	call->thread = process_own.thread;
	return true;
}

/* ns, CLOCK_MONOTONIC: exact, and a clock tick behind at most but ten times cheaper. */
uint64_t call_now(void);
uint64_t call_now_coarse(void);

#endif
