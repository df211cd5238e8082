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

#include "preload/libpq/libpq.h"

struct call {
	struct libpq *libpq;
	void *real;     /* the function to call; NULL: there is none, fail as libpq does when memory is short */
	uint64_t began; /* ns, CLOCK_MONOTONIC; 0: its duration does not matter */
	enum hook hook;
	uint32_t thread;   /* the kernel's id of it; only where the call is recorded */
	const void *frame; /* the wrapper's __builtin_frame_address(0) */
};

/*
 * `object` is the call's PGconn or PGresult, or NULL.  True: the call is the host's own and is to be recorded.
 * Keeps errno.
 */
bool call_begin(struct call *call, enum hook hook, const void *object, const void *return_address);

/* ns, CLOCK_MONOTONIC: exact, and a clock tick behind at most but ten times cheaper. */
uint64_t call_now(void);
uint64_t call_now_coarse(void);

#endif
