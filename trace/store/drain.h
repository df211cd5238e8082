// SPDX-License-Identifier: PostgreSQL
/*
 * drain.h - one spool's events into one trace.
 *
 * Called by the shim for its own spool and by the ingest for those of others.
 * Owns the order of work that keeps an event from being lost or doubled: the
 * position is stored in the same transaction as the rows, and the spool learns
 * of it only after the COMMIT.  Whoever crashes in between leaves a trace that
 * says where to go on.
 */
#ifndef PQLEAK_TRACE_STORE_DRAIN_H
#define PQLEAK_TRACE_STORE_DRAIN_H

#include <stdbool.h>

#include "trace/spool/spool.h"
#include "trace/store/trace.h"

struct drain;

/* A drain of `spool`, which must outlive it.  NULL when memory is short. */
struct drain *drain_new(struct spool *spool);
void drain_free(struct drain *drain);

/*
 * Moves every event the spool holds into the open trace inside the caller's transaction: reads where the trace stands
 * (process.drained), folds from there, writes rows.  On failure the caller rolls back and must drain_free this drain.
 */
enum trace_error drain_into(struct drain *drain, sqlite3 *db, struct trace_failure *failure);

/*
 * The whole of it, for the shim: open, BEGIN IMMEDIATE, drain_into, COMMIT, close; the spool may reuse the room.  Keeps
 * nothing open, lets no SIGXFSZ through.  Opening costs some 0.5 ms whatever there is to drain (SQLite reads the
 * schema), an event some 15 ns: drain tens of thousands at a time.  TRACE_SYSTEM when the spool was unlinked: the trace
 * was replaced, and recording is over.
 */
enum trace_error drain_run(struct drain *drain, const char *trace_path, int wait_ms, struct trace_failure *failure);

/* Whether the spool was unlinked: whoever replaces a trace does that, and what it holds must not come into the new one.
 */
bool drain_is_orphan(const struct spool *spool);

#endif
