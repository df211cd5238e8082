// SPDX-License-Identifier: PostgreSQL
/*
 * missing.h - processes that have not ended, as far as the trace knows, and whose spool is not there.
 *
 * A process without an end has a spool beside its trace.  Where that was
 * removed, or the trace was copied elsewhere without it, nobody knows what the
 * process did after its last drain: it must not pass for running, nor clean.
 */
#ifndef PQLEAK_TRACE_STORE_MISSING_H
#define PQLEAK_TRACE_STORE_MISSING_H

#include "trace/store/trace.h"

/* Marks such processes ended 'unknown' and the trace incomplete. Writes nothing when there are none. */
enum trace_error missing_note(sqlite3 *db, const char *path, struct trace_failure *failure);

#endif
