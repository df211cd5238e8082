// SPDX-License-Identifier: PostgreSQL
/*
 * failure.h - one place where a failure becomes an error and a sentence.
 *
 * Private to trace/store, for whatever talks to SQLite or to the file system.
 * Each sentence says what happened, to what, and what to do next.  `failure`
 * may be NULL: then only the error counts.
 */
#ifndef PQLEAK_TRACE_STORE_FAILURE_H
#define PQLEAK_TRACE_STORE_FAILURE_H

#include <stdbool.h>

#include "trace/store/trace.h"

/* Makes an empty trace at `path`, where nothing is, as a whole: trace-image.c.  False: it did not; try otherwise. */
bool trace_place_image(const char *path);

/* Writes the sentence (a format of sqlite3_snprintf's) and returns `error`. */
enum trace_error trace_fail(struct trace_failure *failure, enum trace_error error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The trace's path leads to nothing that could be used: `error`, an errno. */
enum trace_error trace_fail_path(struct trace_failure *failure, int error, const char *path);

/* The failure behind SQLite's `code` on the trace at `path`; TRACE_OK for SQLITE_OK. */
enum trace_error trace_fail_sqlite(struct trace_failure *failure, sqlite3 *db, int code, const char *path);

#endif
