// SPDX-License-Identifier: PostgreSQL
/*
 * calm.h - slow work inside the host that nothing can interrupt, and that needs none of the host's stack.
 *
 * Owns: blocking signals and thread cancellation around our own system calls,
 * so that no handler, longjmp or cancellation leaves them half done; keeping
 * their side effects (errno, SIGXFSZ, SIGPIPE) from the host; and a stack for
 * them, because a thread of 16 KiB or a handler on its alternate stack has no
 * room for SQLite or the dynamic linker.  Used for starting, growing, draining
 * and ending; never around a call of libpq.
 */
#ifndef PQLEAK_PRELOAD_PROCESS_CALM_H
#define PQLEAK_PRELOAD_PROCESS_CALM_H

#include <signal.h>

/* Runs work(closure). Any thread, also in a signal handler; one at a time gets the other stack, the rest go on theirs.
 */
void calm_run(void (*work)(void *), void *closure);

/* The signals that are blocked meanwhile. */
void calm_signals(sigset_t *ret);

#endif
