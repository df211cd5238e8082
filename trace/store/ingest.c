// SPDX-License-Identifier: PostgreSQL
/*
 * ingest.c - see ingest.h.
 *
 * The spool of a process that is gone is drained, committed and removed, in
 * this order; that of a running one is only looked at, for a report that rolls
 * everything back.
 */
#include "trace/store/ingest.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "trace/spool/beside.h"
#include "trace/spool/spool.h"
#include "trace/store/drain.h"
#include "trace/store/failure.h"
#include "trace/store/guard.h"
#include "trace/store/marks.h"
#include "trace/store/rows.h"

/* A spool whose creation was cut short holds nothing; but one this young may be about to be finished. */
#define UNBORN_SECONDS 60

static const char add_work[] =
	"INSERT OR REPLACE INTO property SELECT 'at work on connection ' || c.id, 1 FROM process p"
	" JOIN connection c ON c.process = p.id WHERE p.spool = ?1 AND c.address = ?2 AND c.released_ns IS NULL";
static const char add_untold[] =
	"INSERT OR REPLACE INTO property SELECT 'work is not told of process ' || id, 1 FROM process WHERE spool = ?1";

struct ingest {
	sqlite3 *db;
	const char *path;
	struct trace_failure *failure;
	struct statements statements;
	bool is_new;  /* no process is in the trace yet: its spools have the owner that it will have */
	bool removes; /* what was taken in; not, where that is in a copy */
	struct beside beside;
	struct spool spool;
};

static void remove_it(const struct ingest *ingest)
{
	if (ingest->removes)
		unlink(ingest->beside.path);
}

static enum trace_error fail(struct ingest *ingest, int rc)
{
	return trace_fail_sqlite(ingest->failure, ingest->db, rc, ingest->path);
}

static enum trace_error execute(struct ingest *ingest, const char *sql)
{
	return fail(ingest, sqlite3_exec(ingest->db, sql, NULL, NULL, NULL));
}

static int add_incomplete(struct ingest *ingest, const char *reason)
{
	return process_add_incomplete(&ingest->statements, 0, ingest->beside.pid, reason);
}

static bool is_process_known(struct ingest *ingest)
{
	int64_t row;
	uint64_t drained;
	return process_find(&ingest->statements, ingest->beside.number, &row, &drained) == SQLITE_ROW;
}

static bool no_such_process(int pid)
{
	return kill(pid, 0) != 0 && errno == ESRCH;
}

static bool is_old(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && time(NULL) - st.st_mtime > UNBORN_SECONDS;
}

static int note_unusable(struct ingest *ingest, const char *what)
{
	char *reason = sqlite3_mprintf("its spool '%s' %s; it is kept", ingest->beside.path, what);
	if (reason == NULL)
		return SQLITE_NOMEM;
	int rc = add_incomplete(ingest, reason);
	sqlite3_free(reason);
	if (rc == SQLITE_OK && no_such_process(ingest->beside.pid))
		rc = process_give_up(&ingest->statements, ingest->beside.number);
	return rc;
}

/* In the caller's transaction: what can be said of a spool that spool_read refused with `error`. */
static int note_refused(struct ingest *ingest, int error)
{
	char text[128];
	switch (error) {
	case ENOENT: /* its process drained it and took it away just now */
	case EAGAIN: /* its process is too busy for us: it runs */
		return SQLITE_OK;
	case ENODATA:
		return is_process_known(ingest) ? note_unusable(ingest, "is empty") : SQLITE_OK;
	case ENOMEM:
		return SQLITE_NOMEM;
	case EPERM:
		return note_unusable(ingest, "belongs to another user");
	case EBADMSG:
		return note_unusable(ingest, "is damaged");
	default:
		sqlite3_snprintf(sizeof text, text, "cannot be read (%s)", strerrordesc_np(error));
		return note_unusable(ingest, text);
	}
}

/* Whether the process has said, here or in the trace, that it ends for good; an exec may still fail. */
static bool has_ended(struct ingest *ingest)
{
	const struct spool_header *header = ingest->spool.header;
	uint64_t tail = atomic_load_explicit(&header->tail, memory_order_relaxed);
	for (uint64_t at = spool_head(header); at > tail; at--) {
		const struct event *event = spool_event(&ingest->spool, at - 1);
		if (event != NULL && (event->verb == EVENT_END || event->verb == EVENT_END_REVOKED))
			return event->verb == EVENT_END && event->status != END_EXEC && event->status != END_RUNNING;
	}
	return process_has_ended(&ingest->statements, ingest->beside.number);
}

/* In the caller's transaction: on which connections a thread is at work, or was when the process died. */
static int note_work(struct ingest *ingest)
{
	const struct spool *spool = &ingest->spool;
	bool tells = spool->header->tells_work != 0;
	char name[24];
	int rc = SQLITE_OK;
	sqlite3_snprintf(sizeof name, name, "%016llx", (unsigned long long)spool->header->id);
	for (unsigned entry = 0; entry < (tells ? SPOOL_WORK_ENTRIES : 1) && rc == SQLITE_OK; entry++) {
		uint64_t address = spool_at_work(spool, entry);
		if (tells && address == 0)
			continue;
		sqlite3_stmt *stmt = statement(&ingest->statements, tells ? add_work : add_untold);
		sqlite3_bind_text(stmt, 1, name, -1, SQLITE_TRANSIENT);
		if (tells)
			sqlite3_bind_int64(stmt, 2, (int64_t)address);
		rc = statement_run(&ingest->statements, stmt);
	}
	return rc;
}

/* In the caller's transaction: the spool's events. */
static enum trace_error drain_spool(struct ingest *ingest, bool is_gone)
{
	struct drain *drain = drain_new(&ingest->spool);
	if (drain == NULL)
		return fail(ingest, SQLITE_NOMEM);
	enum trace_error error = drain_into(drain, ingest->db, ingest->failure);
	drain_free(drain);
	if (error == TRACE_OK)
		error = fail(ingest, note_work(ingest));
	if (error == TRACE_OK && is_gone)
		error = fail(ingest, process_give_up(&ingest->statements, ingest->beside.number));
	return error;
}

static enum trace_error begin(struct ingest *ingest)
{
	return execute(ingest, "BEGIN IMMEDIATE");
}

/* Ends a transaction; nothing of it stays when what was done in it has failed. */
static enum trace_error finish(struct ingest *ingest, enum trace_error error)
{
	if (error == TRACE_OK)
		error = execute(ingest, "COMMIT");
	if (error != TRACE_OK)
		sqlite3_exec(ingest->db, "ROLLBACK", NULL, NULL, NULL);
	return error;
}

static enum trace_error ingest_refused(struct ingest *ingest, int error)
{
	if (error == ENOENT || error == EAGAIN)
		return TRACE_OK;
	enum trace_error result = begin(ingest);
	if (result == TRACE_OK)
		result = finish(ingest, fail(ingest, note_refused(ingest, error)));
	if (result == TRACE_OK && error == ENODATA && no_such_process(ingest->beside.pid) && is_old(ingest->beside.path))
		remove_it(ingest);
	return result;
}

/* As spool_read; -EPERM: somebody else's, slipped beside a trace that has an owner. */
static int read_spool(struct ingest *ingest)
{
	if (!ingest->is_new && access(ingest->beside.path, F_OK) == 0 && !guard_spool(ingest->beside.path, ingest->path))
		return -EPERM;
	return spool_read(&ingest->spool, ingest->beside.path);
}

static enum trace_error ingest_spool(struct ingest *ingest)
{
	struct spool *spool = &ingest->spool;
	int result = read_spool(ingest);
	if (result < 0)
		return ingest_refused(ingest, -result);
	if (spool->header->id != ingest->beside.number) {
		spool_close(spool, false);
		return ingest_refused(ingest, EBADMSG);
	}
	enum spool_owner owner = spool_owner(spool);
	if (owner == SPOOL_OWNER_RUNNING || (owner == SPOOL_OWNER_UNKNOWN && !has_ended(ingest))) {
		spool_close(spool, false);
		return TRACE_OK;
	}
	/* It may have written more between our reading and its end: only now it is at rest. */
	spool_close(spool, false);
	result = spool_read(spool, ingest->beside.path);
	if (result < 0)
		return ingest_refused(ingest, -result);
	enum trace_error error = begin(ingest);
	if (error == TRACE_OK)
		error = finish(ingest, drain_spool(ingest, owner == SPOOL_OWNER_GONE));
	spool_close(spool, error == TRACE_OK && ingest->removes);
	return error;
}

/* In the caller's transaction. */
static int take_mark(struct ingest *ingest)
{
	if (ingest->beside.what == BESIDE_UNSEEN)
		return unseen_take(ingest->db, ingest->beside.path);
	return lost_take(&ingest->statements, ingest->path, ingest->beside.path, ingest->beside.pid, ingest->beside.number);
}

static enum trace_error ingest_mark(struct ingest *ingest)
{
	enum trace_error error = begin(ingest);
	if (error == TRACE_OK)
		error = finish(ingest, fail(ingest, take_mark(ingest)));
	if (error == TRACE_OK)
		remove_it(ingest);
	return error;
}

static enum trace_error ingest_beside(struct ingest *ingest)
{
	if (ingest->beside.what == BESIDE_SPOOL)
		return ingest_spool(ingest);
	if (ingest->beside.what != BESIDE_LEFT)
		return ingest_mark(ingest);
	remove_it(ingest); /* what it counts is taken in */
	return TRACE_OK;
}

static bool has_row(struct ingest *ingest, const char *sql)
{
	int64_t any;
	return statement_number(&ingest->statements, statement(&ingest->statements, sql), &any) != SQLITE_DONE;
}

/* Whether a spool that may be taken over lies there. */
static bool has_own_spool(const char *path)
{
	struct beside beside;
	bool is_own = false;
	if (beside_open(&beside, path) != 0)
		return false;
	while (!is_own && beside_next(&beside) != BESIDE_NOTHING)
		is_own = beside.what == BESIDE_SPOOL && guard_spool(beside.path, path);
	beside_close(&beside);
	return is_own;
}

static struct ingest look(sqlite3 *db, const char *path, struct trace_failure *failure)
{
	struct ingest ingest = {.db = db, .path = path, .failure = failure, .statements = {.db = db}};
	ingest.removes = !trace_is_copy(db);
	/* A process that left its spool had made the file, so its owner is known. */
	ingest.is_new =
		!has_row(&ingest, "SELECT id FROM process LIMIT 1") &&
		!(has_row(&ingest, "SELECT value FROM property WHERE name = 'was found empty'") && has_own_spool(path));
	return ingest;
}

static enum trace_error open_folder(struct ingest *ingest)
{
	int result = beside_open(&ingest->beside, ingest->path);
	if (result == 0)
		return TRACE_OK;
	return trace_fail(ingest->failure, TRACE_SYSTEM, "cannot look for spools next to trace '%s': %s", ingest->path,
					  strerrordesc_np(-result));
}

enum trace_error trace_ingest(sqlite3 *db, const char *path, struct trace_failure *failure)
{
	struct ingest ingest = look(db, path, failure);
	enum trace_error error = open_folder(&ingest);
	while (error == TRACE_OK && beside_next(&ingest.beside) != BESIDE_NOTHING)
		error = ingest_beside(&ingest);
	statements_done(&ingest.statements);
	beside_close(&ingest.beside);
	if (error != TRACE_OK)
		return error;
	trace_store_views(db);
	return missing_note(db, path, failure);
}

static enum trace_error peek_spool(struct ingest *ingest, int *running)
{
	int result = read_spool(ingest);
	if (result == -EAGAIN)
		(*running)++;
	if (result < 0)
		return fail(ingest, note_refused(ingest, -result));
	enum spool_owner owner = spool_owner(&ingest->spool);
	if (owner != SPOOL_OWNER_GONE)
		(*running)++;
	enum trace_error error = drain_spool(ingest, owner == SPOOL_OWNER_GONE);
	spool_close(&ingest->spool, false);
	return error;
}

enum trace_error trace_peek(sqlite3 *db, const char *path, int *ret_running, struct trace_failure *failure)
{
	struct ingest ingest = look(db, path, failure);
	int running = 0;
	/* The trace stands still from here on, so that no spool can be retired before we have read it. */
	enum trace_error error = execute(&ingest, "SELECT count(*) FROM process");
	if (error == TRACE_OK)
		error = open_folder(&ingest);
	while (error == TRACE_OK && beside_next(&ingest.beside) != BESIDE_NOTHING)
		if (ingest.beside.what == BESIDE_SPOOL)
			error = peek_spool(&ingest, &running);
	statements_done(&ingest.statements);
	beside_close(&ingest.beside);
	if (error == TRACE_OK)
		*ret_running = running;
	return error;
}
