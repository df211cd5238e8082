// SPDX-License-Identifier: PostgreSQL
/*
 * trace.h - the trace file: opening it.
 *
 * Owns the SQLite file's identity (application_id, user_version), its schema
 * and its views.  Called by the shim before each drain, and by every command
 * of the analyzer.  Never prints; every failure of this room is an enum
 * trace_error with a sentence in trace_failure.
 */
#ifndef PQLEAK_TRACE_STORE_TRACE_H
#define PQLEAK_TRACE_STORE_TRACE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#define TRACE_APPLICATION_ID 0x50514c4b /* "PQLK" */
#define TRACE_USER_VERSION 4

enum trace_error {
	TRACE_OK = 0,
	TRACE_MISSING = -1,   /* there is no such file */
	TRACE_FOREIGN = -2,   /* the file is something else, and is left as it is */
	TRACE_DAMAGED = -3,   /* SQLite cannot read it */
	TRACE_NEWER = -4,     /* written by a later pqleak */
	TRACE_OLDER = -9,     /* written by an earlier one whose tables were others */
	TRACE_BUSY = -5,      /* another process holds it; try again */
	TRACE_READ_ONLY = -6, /* it may not be written */
	TRACE_SYSTEM = -7,    /* the system refused: full disk, no descriptor, ... */
	TRACE_REFUSED = -8,   /* somebody else may have made it, or a part of it */
};

struct trace_failure {
	enum trace_error error;
	char text[512]; /* what happened, for a person; no newline */
};

enum trace_access {
	TRACE_READ,    /* must exist; written when the file allows it, read otherwise */
	TRACE_EXTEND,  /* made with its schema when missing or empty */
	TRACE_REPLACE, /* made anew; an existing file is replaced only when it is a pqleak trace (or empty) */
};

/* Opens a trace.  `wait_ms` bounds the wait for another process's lock. */
enum trace_error trace_open(sqlite3 **ret, const char *path, enum trace_access access, int wait_ms,
							struct trace_failure *failure);

/*
 * Puts a copy in the place of a trace that cannot be written (NULL: nor read by SQLite, as nothing is in it yet): a
 * temporary file of SQLite's, into which what lies beside `path` can be taken.  On failure `*db` is as it was.
 */
enum trace_error trace_copy(sqlite3 **db, const char *path, struct trace_failure *failure);

/* Whether it is one. What is written into it is gone at the end, and files beside the trace are left alone. */
bool trace_is_copy(sqlite3 *db);

/* What a new trace is made of. */
extern const char trace_schema_sql[];
extern const char trace_views_sql[];

/*
 * Stores those of the views that the shim leaves out, if they are not there yet.  Where it cannot (another process
 * holds the trace, or it is read-only) it does without: they are a help for whoever reads the trace with other tools.
 */
void trace_store_views(sqlite3 *db);

/* Shadows the stored views with this build's own, as TEMP views.  Works on a read-only trace. */
enum trace_error trace_shadow_views(sqlite3 *db, struct trace_failure *failure);

/* A view of this build: the statement that makes it a TEMP view, without its semicolon, and the query in that. */
struct trace_view {
	const char *name, *statement, *query; /* pieces of a longer text */
	int name_length, statement_length, query_length;
};

/* The view of that name, or NULL: none is called so.  *ret_number (may be NULL): below TRACE_VIEWS, its own. */
#define TRACE_VIEWS 128
const struct trace_view *trace_view_find(const char *name, size_t length, size_t *ret_number);

#endif
