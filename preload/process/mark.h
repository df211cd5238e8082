// SPDX-License-Identifier: PostgreSQL
/*
 * mark.h - marks beside the trace: what the analyzer must know of a process that cannot write it into the trace.
 *
 * Owns their making; trace/spool/beside.h has their names.  They need no
 * descriptor, and no memory but the stack's: plain system calls, also in a
 * signal handler or a vfork child.
 */
#ifndef PQLEAK_PRELOAD_PROCESS_MARK_H
#define PQLEAK_PRELOAD_PROCESS_MARK_H

/* A process could not be recorded, because of that errno: an empty file TRACE-lost-PID-ERRNO. */
void mark_lost(const char *trace, int error);

/*
 * Something is out of our sight: a symbolic link TRACE-unseen-HASH whose target says what (trace/store/unseen.c); one
 * however often it is found.  `pid` 0: no process in particular.  Changes errno.
 */
void mark_unseen(int pid, const char *how, const char *exe, const char *detail);

/* The same of this process.  Keeps errno. */
void mark_unseen_here(const char *how, const char *detail);

#endif
