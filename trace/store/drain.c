// SPDX-License-Identifier: PostgreSQL
/* drain.c - see drain.h. */
#include "trace/store/drain.h"

#include <sys/stat.h>

#include "trace/base/loss.h"
#include "trace/base/sigxfsz.h"
#include "trace/spool/again.h"
#include "trace/spool/spool-write.h"
#include "trace/store/failure.h"
#include "trace/store/guard.h"
#include "trace/store/marks.h"
#include "trace/store/rows.h"

/* A drain in the traced program may take this much of its thread's time, and so much more for each event. */
enum {
	BOUND_MS = 10000,
	EVENTS_A_MS = 10, /* some thousand times what they take */
};

struct drain {
	struct spool *spool;
	struct fold fold;
	struct blobs blobs;
	bool has_started;  /* the fold is what the trace says it was at `position` */
	uint64_t position; /* events folded so far */
};

struct drain *drain_new(struct spool *spool)
{
	struct drain *drain = sqlite3_malloc64(sizeof *drain);
	if (drain == NULL)
		return NULL;
	*drain = (struct drain){0};
	drain->spool = spool;
	if (fold_init(&drain->fold, spool->header->parent_id != 0))
		return drain;
	sqlite3_free(drain);
	return NULL;
}

void drain_free(struct drain *drain)
{
	if (drain == NULL)
		return;
	fold_done(&drain->fold);
	blobs_done(&drain->blobs);
	sqlite3_free(drain);
}

static int note_lost(struct rows *rows, const struct spool_header *header, uint64_t count, const char *how)
{
	char reason[128];
	if (count == 0)
		return SQLITE_OK;
	sqlite3_snprintf(sizeof reason, reason, "%llu of its events %s", (unsigned long long)count, how);
	return process_add_incomplete(&rows->statements, rows->process, header->pid, reason);
}

/* Finds or makes the process's row, and brings blobs, fold and position to where the trace stands. */
static int start(struct drain *drain, struct rows *rows)
{
	const struct spool_header *header = drain->spool->header;
	uint64_t tail = atomic_load_explicit(&header->tail, memory_order_acquire);
	uint64_t drained = 0;
	int rc = process_find(&rows->statements, header->id, &rows->process, &drained);
	bool is_known = rc == SQLITE_ROW;
	if (!is_known && rc != SQLITE_DONE)
		return rc;
	if (drain->has_started && !(is_known && drained == drain->position)) {
		/* This is not the trace that the fold was saved to. */
		fold_done(&drain->fold);
		blobs_done(&drain->blobs);
		drain->blobs = (struct blobs){0};
		drain->has_started = false;
		if (!fold_init(&drain->fold, header->parent_id != 0))
			return SQLITE_NOMEM;
	}
	rc = SQLITE_OK;
	if (!is_known)
		rc = process_add(&rows->statements, header, tail, &rows->process);
	if (rc == SQLITE_OK)
		rc = blobs_store(&drain->blobs, drain->spool, &rows->statements);
	if (rc != SQLITE_OK || drain->has_started)
		return rc;
	drain->position = drained;
	if (is_known && drained > 0)
		rc = rows_load(rows, &drain->fold);
	if (rc == SQLITE_OK && drained < tail) {
		/* The trace was removed, or put back from an older copy, while the process ran. */
		drain->position = tail;
		rc = note_lost(rows, header, tail - drained, "were in a trace that was removed or replaced");
	}
	drain->has_started = true;
	return rc;
}

/*
 * A cycle and its count may lie in two segments.  How many of its events, and of these records, are in the one that
 * ends at `end`; *ret_count: of all of them, which are copied.
 */
static uint64_t find_straddling(const struct drain *drain, uint64_t end, uint64_t head, struct event ret[AGAIN_MOST],
								size_t *ret_count)
{
	for (uint64_t inside = 1; inside < AGAIN_MOST && inside <= end - drain->position; inside++) {
		size_t count = 0;
		for (const struct event *event; count < AGAIN_MOST && end - inside + count < head; count++) {
			event = spool_event(drain->spool, end - inside + count);
			if (event == NULL)
				break;
			ret[count] = *event;
		}
		size_t length = count > 0 ? again_length(ret, count) : 0;
		*ret_count = length + AGAIN_RECORDS;
		if (length != 0 && *ret_count > inside)
			return inside;
	}
	*ret_count = 0;
	return 0;
}

/* As many at a time as lie in one segment. */
static int fold_plain(struct drain *drain, uint64_t head)
{
	while (drain->position < head) {
		uint64_t left = SPOOL_SEGMENT_EVENTS - drain->position % SPOOL_SEGMENT_EVENTS;
		uint64_t count = head - drain->position < left ? head - drain->position : left;
		const struct event *event = spool_event(drain->spool, drain->position);
		if (event == NULL)
			return SQLITE_CORRUPT;
		struct event copy[AGAIN_MOST];
		size_t straddling = 0;
		if (count == left && drain->position + count < head)
			count -= find_straddling(drain, drain->position + count, head, copy, &straddling);
		if (!fold_events(&drain->fold, event, count, drain->position + count + 1))
			return SQLITE_NOMEM;
		drain->position += count;
		if (!fold_events(&drain->fold, copy, straddling, drain->position + straddling + 1))
			return SQLITE_NOMEM;
		drain->position += straddling;
	}
	return SQLITE_OK;
}

/*
 * Up to where nothing had been lost.  A handler may have noted its loss in the middle of counting: then the records
 * follow it, and are folded with their cycle; or a cycle was taken off, and what came to lie in its places is later.
 */
static uint64_t sure_until(const struct drain *drain, uint64_t lost_at, uint64_t head)
{
	uint32_t why = atomic_load_explicit(&drain->spool->header->lost_why, memory_order_relaxed);
	uint64_t back = why == LOSS_BUSY ? AGAIN_LENGTH_SENT : 1;
	struct event copy[AGAIN_MOST];
	size_t ignored;
	if (lost_at == 0 || lost_at >= head + back)
		return head;
	uint64_t sure = lost_at > back ? lost_at - back : 0;
	return sure > drain->position ? sure - find_straddling(drain, sure, head, copy, &ignored) : drain->position;
}

static int fold_all(struct drain *drain, struct rows *rows, uint64_t head)
{
	const struct spool *spool = drain->spool;
	uint64_t lost_at = atomic_load_explicit(&spool->header->lost_at, memory_order_relaxed);
	if (lost_at == 0 && atomic_load_explicit(&spool->header->dropped, memory_order_relaxed) != 0)
		lost_at = 1; /* a damaged file */
	drain->fold.taken_off = spool_counted(spool, drain->position);
	if (spool->header->keep_events == 0) {
		uint64_t sure = sure_until(drain, lost_at, head);
		int rc = fold_plain(drain, sure);
		drain->fold.has_lost |= sure < head;
		return rc == SQLITE_OK ? fold_plain(drain, head) : rc;
	}
	for (; drain->position < head; drain->position++) {
		const struct event *event = spool_event(spool, drain->position);
		if (event == NULL)
			return SQLITE_CORRUPT;
		drain->fold.position = drain->position + 1;
		drain->fold.has_lost = lost_at != 0 && drain->position + 1 >= lost_at;
		if (!fold_event(&drain->fold, event))
			return SQLITE_NOMEM;
		int rc = rows_keep_event(rows, event, drain->position);
		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

/* What is not in the trace though it happened. */
static int note_losses(const struct drain *drain, struct rows *rows)
{
	const struct spool_header *header = drain->spool->header;
	uint64_t dropped = atomic_load_explicit(&header->dropped, memory_order_acquire);
	int rc = note_lost(rows, header, drain->fold.damaged, "are damaged");
	if (rc == SQLITE_OK && atomic_load_explicit(&header->unplaced, memory_order_relaxed) != 0)
		rc = process_add_incomplete(&rows->statements, rows->process, header->pid,
									"where some of its calls came from could not be recorded");
	if (rc == SQLITE_OK)
		rc = lost_add_children(&rows->statements, header, sqlite3_db_filename(rows->statements.db, "main"));
	if (rc != SQLITE_OK || dropped == 0)
		return rc;
	char words[160];
	loss_words(atomic_load_explicit(&header->lost_why, memory_order_relaxed), words, sizeof words);
	return process_add_dropped(rows, dropped, words);
}

static int drain_all(struct drain *drain, struct rows *rows)
{
	const struct spool_header *header = drain->spool->header;
	/* The head first: an event's blobs were there before it. */
	uint64_t head = spool_head(header);
	if (drain->spool->drain_until != 0)
		head = drain->spool->drain_until;
	int rc = start(drain, rows);
	if (rc == SQLITE_OK)
		rc = connections_begin(rows, &drain->fold);
	if (rc == SQLITE_OK)
		rc = fold_all(drain, rows, head);
	if (rc == SQLITE_OK)
		rc = note_losses(drain, rows);
	if (rc == SQLITE_OK)
		rc = process_update(rows, &drain->fold, drain->position);
	if (rc == SQLITE_OK)
		rc = rows_save(rows, &drain->fold);
	return rc;
}

enum trace_error drain_into(struct drain *drain, sqlite3 *db, struct trace_failure *failure)
{
	struct rows rows = {
		.statements = {.db = db},
		.blobs = &drain->blobs,
		.epoch_ns = drain->spool->header->epoch_ns,
	};
	int rc = drain_all(drain, &rows);
	const char *path = sqlite3_db_filename(db, "main");
	enum trace_error error = trace_fail_sqlite(failure, db, rc, path != NULL ? path : "");
	statements_done(&rows.statements);
	return error;
}

bool drain_is_orphan(const struct spool *spool)
{
	struct stat st;
	return lstat(spool->path, &st) != 0 || st.st_dev != spool->device || st.st_ino != spool->inode;
}

static enum trace_error run(struct drain *drain, const char *path, int wait_ms, struct trace_failure *failure)
{
	sqlite3 *db;
	struct guard_bound bound;
	enum trace_error error = trace_open(&db, path, TRACE_EXTEND, wait_ms, failure);
	if (error != TRACE_OK)
		return error;
	const struct spool_header *header = drain->spool->header;
	uint64_t events = spool_head(header) - header->tail;
	guard_bound(db, &bound, BOUND_MS + (int64_t)(events / EVENTS_A_MS));
	error = trace_fail_sqlite(failure, db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), path);
	if (error == TRACE_OK)
		error = drain_into(drain, db, failure);
	if (error == TRACE_OK)
		error = trace_fail_sqlite(failure, db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), path);
	if (error == TRACE_OK)
		spool_retire(drain->spool, drain->position);
	/* Closing rolls back what is not committed. */
	sqlite3_close(db);
	return error;
}

enum trace_error drain_run(struct drain *drain, const char *trace_path, int wait_ms, struct trace_failure *failure)
{
	if (drain_is_orphan(drain->spool))
		return trace_fail(failure, TRACE_SYSTEM, "the spool '%s' was removed (its trace was replaced)",
						  drain->spool->path);
	struct sigxfsz blocked;
	sigxfsz_block(&blocked);
	enum trace_error error = run(drain, trace_path, wait_ms, failure);
	sigxfsz_restore(&blocked);
	return error;
}
