// SPDX-License-Identifier: PostgreSQL
/*
 * missing.c - processes that have not ended, as far as the trace knows, and whose spool is not there.
 *
 * A process without an end has a spool beside its trace.  Where that was
 * removed, or the trace was copied elsewhere without it, nobody knows what the
 * process did after its last drain: it must not pass for running, nor clean.
 * Called by the ingest, after it has taken in the spools that are there.
 */
#include "trace/store/ingest.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "trace/spool/beside.h"
#include "trace/store/failure.h"
#include "trace/store/statement.h"

/* pqleak_spool_is_missing(pid, spool): whether the file TRACE-spool-PID-ID is not there; the path is the context. */
static void spool_is_missing(sqlite3_context *context, int count, sqlite3_value **value)
{
	(void)count;
	char *spool = sqlite3_mprintf("%s" SPOOL_SUFFIX "%d-%s", (const char *)sqlite3_user_data(context),
								  sqlite3_value_int(value[0]), sqlite3_value_text(value[1]));
	if (spool == NULL) {
		sqlite3_result_error_nomem(context);
		return;
	}
	sqlite3_result_int(context, access(spool, F_OK) != 0 && errno == ENOENT);
	sqlite3_free(spool);
}

#define MISSING "end IS NULL AND pqleak_spool_is_missing(pid, spool)"

enum trace_error missing_note(sqlite3 *db, const char *path, struct trace_failure *failure)
{
	static const char name[] = "pqleak_spool_is_missing";
	int64_t any = 0;
	int rc = sqlite3_create_function(db, name, 2, SQLITE_UTF8 | SQLITE_DIRECTONLY, (void *)(uintptr_t)path,
									 spool_is_missing, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = statement_once(db, "SELECT EXISTS (SELECT 1 FROM process WHERE " MISSING ")", &any);
	if (rc == SQLITE_OK && any != 0)
		rc = sqlite3_exec(db,
						  "BEGIN IMMEDIATE;"
						  "INSERT INTO incomplete SELECT id, pid,"
						  " 'its spool is missing: what it did last is not known' FROM process WHERE " MISSING ";"
						  "UPDATE process SET end = 'unknown' WHERE " MISSING "; COMMIT",
						  NULL, NULL, NULL);
	enum trace_error error = trace_fail_sqlite(failure, db, rc, path);
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	/* The path is the caller's and may be gone before the database is. */
	sqlite3_create_function(db, name, 2, SQLITE_UTF8, NULL, NULL, NULL, NULL);
	return error;
}
