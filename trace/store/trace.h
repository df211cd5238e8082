// SPDX-License-Identifier: PostgreSQL
/*
 * trace.h - the trace file: opening it, and moving spools into it.
 *
 * Owns the SQLite file's identity (application_id, user_version), its schema,
 * and the drain.  Called by the shim's recorder (which drains its own spool)
 * and by the analyzer (which ingests what dead processes left).  Never prints;
 * every failure is an enum trace_error with a sentence in trace_failure.
 */
#ifndef PQLEAK_TRACE_STORE_TRACE_H
#define PQLEAK_TRACE_STORE_TRACE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "trace/spool/spool.h"

#define TRACE_APPLICATION_ID 0x50514c4b /* "PQLK" */
#define TRACE_USER_VERSION 1

enum trace_error {
	TRACE_OK = 0,
	TRACE_MISSING = -1,   /* there is no such file */
	TRACE_FOREIGN = -2,   /* the file is something else, and is left as it is */
	TRACE_DAMAGED = -3,   /* SQLite cannot read it */
	TRACE_NEWER = -4,     /* written by a later pqleak */
	TRACE_BUSY = -5,      /* another process holds it; try again */
	TRACE_READ_ONLY = -6, /* it may not be written */
	TRACE_SYSTEM = -7,    /* the system refused: full disk, no descriptor, ... */
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

/* --- drain: one spool's events into rows --- */

struct drain;

/* A drain of `spool`, which must outlive it.  NULL when memory is short. */
struct drain *drain_new(struct spool *spool);
void drain_free(struct drain *drain);

/*
 * Moves every event the spool holds into the open trace inside the caller's transaction: reads where the trace stands
 * (process.drained), folds from there, writes rows.  On failure the caller rolls back and must drain_free this drain.
 * After the caller's COMMIT, drain_committed() lets the spool reuse the room.
 */
enum trace_error drain_into(struct drain *drain, sqlite3 *db, struct trace_failure *failure);
void drain_committed(struct drain *drain);

/*
 * The whole of it, for the shim: open, BEGIN IMMEDIATE, drain_into, COMMIT, close.  Keeps nothing open, lets no SIGXFSZ
 * through.  Opening costs some 0.5 ms whatever there is to drain (SQLite reads the schema), an event some 15 ns: drain
 * tens of thousands at a time.  TRACE_SYSTEM when the spool was unlinked: the trace was replaced, and recording is
 * over.
 */
enum trace_error drain_run(struct drain *drain, const char *trace_path, int wait_ms, struct trace_failure *failure);

/* --- ingest: what processes left beside the trace --- */

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

#endif
