// SPDX-License-Identifier: PostgreSQL
/*
 * forks.h - no fork while a thread of ours holds a lock that is not ours.
 *
 * libunwind and the dynamic linker have locks and lists of their own, and a
 * fork while another thread is inside leaves them as they are in the child for
 * ever: the child would hang, or die, at its next use of them.  So a fork waits
 * until nobody is inside, and nobody goes inside while one is under way.  Both
 * waits are bounded, for a thread may be stopped there, or wait for a lock that
 * the forking thread holds: a hold that a handler's longjmp has left behind is
 * given up with the first fork that waited for it.  A child that was forked all
 * the same, or by _Fork or clone, which cannot be held up, is told: it must not
 * go inside.
 *
 * Called by shim.c, by process.c, libpq.c and libpq-route.c, and by capture.c
 * and stack.c (through recorder.h).
 */
#ifndef PQLEAK_PRELOAD_PROCESS_FORKS_H
#define PQLEAK_PRELOAD_PROCESS_FORKS_H

#include <stdbool.h>

/* From now on forks are seen.  Once for a process, before it has a second thread; its children inherit it. */
void forks_prepare(void);

/* Whether this process was forked while another thread was inside: what that held is never given back. */
bool forks_is_torn(void);

/* Goes inside; what it answers is for forks_let.  Both keep errno. */
const void *forks_hold(void);
void forks_let(const void *hold);

/* The calling thread, which holds, begins or ends to load libraries; one at a time. */
void forks_loads(bool begins);

#endif
