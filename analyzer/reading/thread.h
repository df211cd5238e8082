// SPDX-License-Identifier: PostgreSQL
/*
 * thread.h - whether a thread of a process that runs is still there.
 */
#ifndef PQLEAK_ANALYZER_READING_THREAD_H
#define PQLEAK_ANALYZER_READING_THREAD_H

/*
 * 1: it is, 0: it has ended, -1: nobody knows: there is no such process here, or it is another program.  `exe` is its
 * executable as the trace names it; a process id of another pid namespace would be a stranger's.
 */
int thread_is_alive(int pid, const char *exe, int thread);

#endif
