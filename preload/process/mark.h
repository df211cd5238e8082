// SPDX-License-Identifier: PostgreSQL
/*
 * mark.h - marks beside the trace: what the analyzer must know of a process that cannot write it into the trace.
 *
 * Owns their making; trace/spool/beside.h has their names.  They need no
 * descriptor (but for a moment, where the launcher is told), and no memory but
 * the stack's: plain system calls, also in a signal handler or a vfork child.
 */
#ifndef PQLEAK_PRELOAD_PROCESS_MARK_H
#define PQLEAK_PRELOAD_PROCESS_MARK_H

#include <stdbool.h>

/*
 * This process could not be recorded, because of that errno: a symbolic link TRACE-lost-PID-ERRNO whose target names
 * its user and program, or an empty file.  Where none can be made the launcher is told, through the socket that it
 * listens on.  False: nobody will know.  `trace` may be empty.  Changes errno.
 */
bool mark_lost(const char *trace, int error);

/*
 * Something is out of our sight: a symbolic link TRACE-unseen-HASH whose target says what (trace/store/marks.h); one
 * however often it is found.  `pid` 0: no process in particular; `sign`: of PostgreSQL, or "".  Changes errno.
 */
void mark_unseen(int pid, const char *how, const char *exe, const char *detail, const char *sign);

/* The same of this process.  Keeps errno. */
void mark_unseen_here(const char *how, const char *detail);

#endif
