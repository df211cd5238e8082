// SPDX-License-Identifier: PostgreSQL
/*
 * trace-open.c - opening a trace, and making one.
 *
 * Called by the shim before each drain and by every command of the analyzer, which
 * reads a copy (a temporary file of SQLite's, without a name) where it may not write.
 * A file that is not a pqleak trace is never changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "trace/spool/beside.h"
#include "trace/store/failure.h"
#include "trace/store/guard.h"
#include "trace/store/statement.h"

/* OFF: the file survives the death of any process, which is what a trace promises; not the death of the machine. */
static const char settings[] = "PRAGMA synchronous = OFF; PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY";

static int make_schema(sqlite3 *db)
{
	char *identity = sqlite3_mprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;"
									 "INSERT INTO property VALUES ('created_ns', "
									 "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000)",
									 TRACE_APPLICATION_ID, TRACE_USER_VERSION);
	if (identity == NULL)
		return SQLITE_NOMEM;
	int rc = sqlite3_exec(db, trace_schema_sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, trace_views_sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, identity, NULL, NULL, NULL);
	sqlite3_free(identity);
	return rc;
}

/*
 * Makes the schema unless another process was faster: where trace-image.c could not, and in an empty file that
 * `was_there`, or a copy of one.
 */
static int create(sqlite3 *db, bool was_there)
{
	int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc;
	int64_t objects = 0;
	rc = statement_once(db, "SELECT count(*) FROM sqlite_schema", &objects);
	if (rc == SQLITE_OK && objects == 0)
		rc = make_schema(db);
	if (rc == SQLITE_OK && objects == 0 && was_there)
		rc = sqlite3_exec(db, "INSERT INTO property VALUES ('was found empty', 1)", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static enum trace_error check_identity(sqlite3 *db, const char *path, struct trace_failure *failure)
{
	int64_t application = 0, version = 0;
	int rc = statement_once(db, "PRAGMA application_id", &application);
	if (rc == SQLITE_OK)
		rc = statement_once(db, "PRAGMA user_version", &version);
	if (rc != SQLITE_OK)
		return trace_fail_sqlite(failure, db, rc, path);
	if (application != TRACE_APPLICATION_ID)
		return trace_fail_sqlite(failure, db, SQLITE_NOTADB, path);
	if (version > TRACE_USER_VERSION)
		return trace_fail(failure, TRACE_NEWER, "trace '%s' was written by a later pqleak (use that one to read it)",
						  path);
	if (version < TRACE_USER_VERSION)
		return trace_fail(failure, TRACE_OLDER,
						  "trace '%s' was written by an earlier pqleak with other tables (use that one to read it, or"
						  " record a new one)",
						  path);
	return TRACE_OK;
}

static enum trace_error set_up(sqlite3 *db, const char *path, enum trace_access access, bool was_there,
							   struct trace_failure *failure)
{
	int64_t pages = 0;
	int rc = guard_settings(db);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, settings, NULL, NULL, NULL);
	/* SQLite has rolled back by then what a killed process left half done. */
	if (rc == SQLITE_OK)
		rc = statement_once(db, "PRAGMA page_count", &pages);
	if (rc == SQLITE_OK && pages == 0) {
		if (access == TRACE_READ)
			return trace_fail(failure, TRACE_DAMAGED,
							  "trace '%s' is empty (if it was copied, bring its '-spool-' files as well; "
							  "else record a new one)",
							  path);
		rc = create(db, was_there);
	}
	if (rc != SQLITE_OK)
		return trace_fail_sqlite(failure, db, rc, path);
	enum trace_error error = check_identity(db, path, failure);
	return error == TRACE_OK ? guard_schema(db, path, failure) : error;
}

/* More often than SQLite's own handler: among many processes that drain, the trace is free for moments only. */
static int wait_for_lock(void *wait_ms, int tries)
{
	if (tries >= (intptr_t)wait_ms)
		return 0;
	nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return 1;
}

static enum trace_error open_database(sqlite3 **ret, const char *path, enum trace_access access, int wait_ms,
									  struct trace_failure *failure)
{
	sqlite3 *db = NULL;
	char real[PATH_MAX];
	enum trace_error guarded = guard_files(path, access == TRACE_READ ? GUARD_READ : GUARD_WRITE, real, failure);
	if (guarded != TRACE_OK)
		return guarded;
	/* For its owner alone: it tells of hosts, users and databases, and with PQLEAK_SQL=text of what is in them. */
	struct stat st;
	bool was_there = lstat(real, &st) == 0 || errno != ENOENT;
	if (access != TRACE_READ && !was_there && !trace_place_image(real)) {
		int made = open(real, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (made >= 0)
			close(made);
	}
	/* An absolute path is no URI. */
	int rc = sqlite3_open_v2(real, &db,
							 SQLITE_OPEN_READWRITE | (access == TRACE_READ ? 0 : SQLITE_OPEN_CREATE) |
								 SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW,
							 NULL);
	enum trace_error error = trace_fail_sqlite(failure, db, rc, path);
	if (error == TRACE_OK) {
		sqlite3_busy_handler(db, wait_for_lock, (void *)(intptr_t)wait_ms);
		error = set_up(db, path, access, was_there, failure);
	}
	if (error == TRACE_OK)
		*ret = db;
	else
		sqlite3_close(db);
	return error;
}

/* Marks of what was lost do not count: they say why there is nothing. */
static bool has_spools(const char *path)
{
	struct beside beside;
	if (beside_open(&beside, path) != 0)
		return false;
	while (beside_next(&beside) != BESIDE_NOTHING)
		if (beside.what == BESIDE_SPOOL || beside.what == BESIDE_UNSEEN)
			break;
	beside_close(&beside);
	return beside.what != BESIDE_NOTHING;
}

/* Whether the file that is there may be replaced: it is empty, or says in its first bytes that it is ours. */
static enum trace_error check_replaceable(const char *path, struct trace_failure *failure)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return trace_fail(failure, TRACE_SYSTEM, "cannot replace '%s': %s (name another file)", path,
						  strerrordesc_np(errno));
	bool is_foreign = guard_header(fd) == GUARD_HEADER_FOREIGN;
	close(fd);
	if (!is_foreign)
		return TRACE_OK;
	return trace_fail(failure, TRACE_FOREIGN, "'%s' is not a pqleak trace and was not changed (name another file)",
					  path);
}

/*
 * Removes a trace and what belongs to it.  The spools of running processes go too: such a process sees that its file is
 * gone and stops, so that nothing of the old run can come into the new trace.
 */
static enum trace_error remove_trace(const char *path, struct trace_failure *failure)
{
	static const char *const suffix[] = {"-journal", "-wal", "-shm"};
	struct beside beside;
	if (beside_open(&beside, path) == 0) {
		while (beside_next(&beside) != BESIDE_NOTHING)
			unlink(beside.path);
		beside_close(&beside);
	}
	for (size_t i = 0; i < sizeof suffix / sizeof suffix[0]; i++) {
		char *name = sqlite3_mprintf("%s%s", path, suffix[i]);
		if (name != NULL)
			unlink(name);
		sqlite3_free(name);
	}
	if (unlink(path) == 0 || errno == ENOENT)
		return TRACE_OK;
	return trace_fail(failure, TRACE_READ_ONLY, "cannot replace trace '%s': %s (name another file)", path,
					  strerrordesc_np(errno));
}

/* --- a trace that this user cannot write, to be read with what lies beside it --- */

static int copy_pages(sqlite3 *to, sqlite3 *from)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	if (backup == NULL)
		return sqlite3_errcode(to);
	sqlite3_backup_step(backup, -1);
	return sqlite3_backup_finish(backup);
}

enum trace_error trace_copy(sqlite3 **db, const char *path, struct trace_failure *failure)
{
	sqlite3 *copy = NULL;
	char real[PATH_MAX];
	enum trace_error error = guard_files(path, GUARD_READ, real, failure);
	if (error != TRACE_OK)
		return error;
	int rc = sqlite3_open_v2("", &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc == SQLITE_OK)
		rc = guard_settings(copy);
	if (rc == SQLITE_OK)
		rc = *db != NULL ? copy_pages(copy, *db) : create(copy, true);
	error = trace_fail_sqlite(failure, copy, rc, path);
	if (error != TRACE_OK) {
		sqlite3_close(copy);
		return error;
	}
	sqlite3_close(*db);
	*db = copy;
	return TRACE_OK;
}

bool trace_is_copy(sqlite3 *db)
{
	const char *name = sqlite3_db_filename(db, "main");
	return name == NULL || name[0] == '\0';
}

/* To be read, though it has to be written first: here, or where that is not allowed, in a copy. */
static enum trace_error open_first(sqlite3 **ret, const char *path, int wait_ms, struct trace_failure *failure)
{
	struct trace_failure otherwise;
	enum trace_error error = open_database(ret, path, TRACE_EXTEND, wait_ms, failure);
	if (error != TRACE_READ_ONLY && error != TRACE_REFUSED && error != TRACE_SYSTEM)
		return error;
	*ret = NULL;
	return trace_copy(ret, path, &otherwise) == TRACE_OK ? TRACE_OK : error;
}

enum trace_error trace_open(sqlite3 **ret, const char *path, enum trace_access access, int wait_ms,
							struct trace_failure *failure)
{
	struct stat st;
	bool exists = lstat(path, &st) == 0;
	if (!exists && errno != ENOENT)
		return trace_fail(failure, TRACE_SYSTEM, "cannot open trace '%s': %s", path, strerrordesc_np(errno));
	/* Nothing was drained yet, but something was recorded. */
	if (access == TRACE_READ && (!exists || st.st_size == 0) && has_spools(path))
		return open_first(ret, path, wait_ms, failure);
	if (access == TRACE_READ && !exists)
		return trace_fail(failure, TRACE_MISSING,
						  "cannot open trace '%s': No such file or directory (run 'pqleak run -- COMMAND' first)",
						  path);
	if (access == TRACE_REPLACE) {
		enum trace_error error = exists ? check_replaceable(path, failure) : TRACE_OK;
		if (error == TRACE_OK)
			error = remove_trace(path, failure);
		if (error != TRACE_OK)
			return error;
	}
	return open_database(ret, path, access, wait_ms, failure);
}
