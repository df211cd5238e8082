// SPDX-License-Identifier: PostgreSQL
/*
 * calm.h - a stretch of slow work inside the host that nothing can interrupt.
 *
 * Owns: blocking signals and thread cancellation around our own system calls,
 * so that no handler, longjmp or cancellation leaves them half done, and
 * keeping their side effects (errno, SIGXFSZ, SIGPIPE, descriptors 0-2 that
 * were closed) from the host.  Used for starting, growing, draining, ending;
 * never around a call of libpq.
 */
#ifndef PQLEAK_PRELOAD_CALM_H
#define PQLEAK_PRELOAD_CALM_H

#include <signal.h>
#include <stdbool.h>

struct calm {
	sigset_t signals;    /* as they were */
	bool pending_size;   /* SIGXFSZ was already pending */
	bool pending_pipe;   /* SIGPIPE was already pending */
	bool closed[3];      /* this standard descriptor was closed */
	int cancel_state;
	int error;
};

void calm_enter(struct calm *calm);
void calm_leave(struct calm *calm);

#endif
