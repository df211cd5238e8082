// SPDX-License-Identifier: PostgreSQL
/*
 * leave.h - whether a process that ends may leave its spool beside the trace.
 *
 * Called by keep.c at the end of a process.  SQLite, opening a trace, costs a
 * short program more than all the rest of its tracing; the spool holds the
 * same, and whoever reads the trace takes it in.  Writes the file TRACE-left,
 * which bounds how many lie there.  Never waits, and writes no other file, but
 * may make an empty one.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_LEAVE_H
#define PQLEAK_PRELOAD_RECORDER_LEAVE_H

#include <stdbool.h>

#include "trace/spool/spool.h"

#define LEAVE_EVENTS 1024u /* a process that recorded more is none of many short ones */
#define LEAVE_SPOOLS 256   /* beside one trace: 35 MB, which one command takes in within a second */

/*
 * Whether a spool may stay as it is, which counts it.  Then there is a trace, if only an empty file.  False: it is to
 * be drained, because it holds much, some of it was drained before, many lie there, or something is the matter with the
 * trace, which the drain finds out and says.
 */
bool leave_spool(const struct spool *spool, const char *trace);

#endif
