// SPDX-License-Identifier: PostgreSQL
/*
 * ingest.h - what processes left beside a trace.
 *
 * Called by the analyzer when it opens a trace, before it reads anything.  A
 * file that cannot be understood is kept, and the trace says so.
 */
#ifndef PQLEAK_TRACE_STORE_INGEST_H
#define PQLEAK_TRACE_STORE_INGEST_H

#include <stdbool.h>

#include "trace/store/trace.h"

/*
 * Drains the spools of processes that are gone, marks those processes ended ('unknown' when they left no word), removes
 * the spools, and turns TRACE-lost-PID-ERRNO marks into rows of incomplete.  A damaged spool is kept, and said in
 * incomplete.  Stores the further views (trace_store_views).  Commits.
 */
enum trace_error trace_ingest(sqlite3 *db, const char *path, struct trace_failure *failure);

/*
 * Folds the spools of running processes into an open transaction (BEGIN IMMEDIATE) that the caller rolls back when it
 * has read what it wants: a look at the living that disturbs nothing.  `ret_running` counts them.  While it is open
 * they cannot drain, so it should be short.
 */
enum trace_error trace_peek(sqlite3 *db, const char *path, int *ret_running, struct trace_failure *failure);

/*
 * The last step of trace_ingest: marks processes that have no end, and whose spool is missing, ended 'unknown' and the
 * trace incomplete.  Writes nothing when there are none.
 */
enum trace_error missing_note(sqlite3 *db, const char *path, struct trace_failure *failure);

/*
 * Notes, in the place of what was noted before, which processes that ended have children that still run: these may yet
 * use a connection that was left open.  Where the trace cannot be written, nothing is noted.  True: there may have been
 * some that ended meanwhile, and left spools that are to be taken in.
 */
bool heirs_note(sqlite3 *db);

#endif
