// SPDX-License-Identifier: PostgreSQL
/*
 * bounded.h - a child process that reads what libdw should not read here.
 *
 * A file with debug information can hold anything: libdw may crash, unpack a
 * gigabyte out of a megabyte, go round in circles, or open a name that stands
 * in the file and is a pipe.  Owns the process in which that does no harm, and
 * its bounds: CPU time, memory, no core dump, and regular files only.  Called by
 * namer.c alone.
 */
#ifndef PQLEAK_ANALYZER_SYMBOLS_BOUNDED_H
#define PQLEAK_ANALYZER_SYMBOLS_BOUNDED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct bounded {
	pid_t pid;
	FILE *answers; /* what the child writes */
};

/*
 * Starts a process that calls `work` and ends.  It may have `bytes` of memory more than this one has, besides the files
 * that it opens.  False: there can be none now.
 */
bool bounded_begin(struct bounded *ret, void (*work)(void *context, FILE *answers), void *context, int64_t bytes);

/* Ends it if it still runs; how much CPU time it had, in ms, or -1: the kernel does not say. */
int64_t bounded_end(struct bounded *bounded);

/* Inside: from now on it may compute for so long, by the CPU's time and not by the clock. */
void bounded_allow_seconds(int64_t seconds);

/* Inside: how much CPU time it has had, in ms. */
int64_t bounded_used(void);

/* Inside: room for a file that will be mapped. */
void bounded_allow_file(int fd);

#endif
