// SPDX-License-Identifier: PostgreSQL
/*
 * forks.h - no fork while a thread of ours holds a lock that is not ours.
 *
 * libunwind and the dynamic linker's list of objects have locks of their own,
 * and a fork while another thread holds one leaves it locked in the child for
 * ever: the child would hang at its first call of libpq.  So a fork waits until
 * nobody is inside, and nobody goes inside while one is under way.  Both waits
 * are bounded, for a thread may be stopped there: a hold that a handler's
 * longjmp has left behind is given up with the first fork that waited for it.
 *
 * Called by capture.c and memo.c (through recorder.h), libpq.c and libpq-route.c.  Only fork()
 * is held up, not _Fork and vfork.
 */
#ifndef PQLEAK_PRELOAD_PROCESS_FORKS_H
#define PQLEAK_PRELOAD_PROCESS_FORKS_H

/* From now on forks are seen.  Once for a process; its children inherit it. */
void forks_prepare(void);

/* Goes inside; what it answers is for forks_let.  Both keep errno. */
const void *forks_hold(void);
void forks_let(const void *hold);

#endif
