// SPDX-License-Identifier: PostgreSQL
/*
 * guard.h - what of a trace is believed.
 *
 * Whoever can write a file near a trace decides nothing: not what runs in a
 * traced program or in the analyzer, nor how long, nor which file is written.
 * Owns these checks of files, settings of SQLite and checks of the schema.
 * Called by trace-open.c, and by drain.c and the recorder in the traced program.
 * Never opens or changes a file.
 */
#ifndef PQLEAK_TRACE_STORE_GUARD_H
#define PQLEAK_TRACE_STORE_GUARD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "trace/store/failure.h"

enum guard_files {
	GUARD_READ, /* anyone's regular file, and beside it only what its owner wrote */
	GUARD_WRITE /* one's own, which nobody else can write, or root's; so is a symbolic link to it */
};

/*
 * Looks at the trace, which may be missing, and at the journal that SQLite would read beside it.  `ret` is the path
 * that SQLite may be given: it follows links itself, with some kilobytes of stack for each, and in a circle 200 of
 * them.
 */
enum trace_error guard_files(const char *path, enum guard_files how, char ret[PATH_MAX], struct trace_failure *failure);

/* What a file's first bytes say of it, without SQLite. */
enum guard_header {
	GUARD_HEADER_NONE,    /* it is empty */
	GUARD_HEADER_OURS,    /* a trace */
	GUARD_HEADER_ANOTHER, /* a trace of another version of pqleak */
	GUARD_HEADER_FOREIGN, /* something else */
};
enum guard_header guard_header(int fd);

/* Whether a spool may be taken over: it is one's own, root's, or of the user that owns the trace. */
bool guard_spool(const char *spool, const char *trace);

/* Runs nothing that the file brings along: no trigger, and no function but SQLite's harmless ones.  An SQLite code. */
int guard_settings(sqlite3 *db);

/* Refuses a trace whose tables or indexes are not this build's, or that brings triggers or virtual tables. */
enum trace_error guard_schema(sqlite3 *db, const char *path, struct trace_failure *failure);

/* What a drain in the traced program may cost, whatever is in the trace; must outlive the use of `db`. */
struct guard_bound {
	int64_t until_ns; /* CPU time of this thread */
};

/* From here on SQLite gives up with SQLITE_INTERRUPT when `milliseconds` of CPU time are spent. */
void guard_bound(sqlite3 *db, struct guard_bound *bound, int64_t milliseconds);

#endif
