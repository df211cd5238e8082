// SPDX-License-Identifier: PostgreSQL
/* failure.c - see failure.h. */
#include "trace/store/failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

enum trace_error trace_fail(struct trace_failure *failure, enum trace_error error, const char *format, ...)
{
	if (failure == NULL)
		return error;
	va_list arguments;
	va_start(arguments, format);
	failure->error = error;
	sqlite3_vsnprintf(sizeof failure->text, failure->text, format, arguments);
	va_end(arguments);
	return error;
}

/* Not strerror: it translates, and the host may be in it itself. */
static enum trace_error fail_path(struct trace_failure *failure, int error, const char *otherwise, const char *path)
{
	const char *text = error != 0 ? strerrordesc_np(error) : NULL;
	bool wrong_path = error == ENOENT || error == ENOTDIR || error == EISDIR || error == ELOOP;
	return trace_fail(failure, TRACE_SYSTEM, "cannot use trace '%s': %s (%s)", path, text != NULL ? text : otherwise,
					  wrong_path ? "name a trace in a directory that exists"
								 : "check the disk and the limits, then try again");
}

enum trace_error trace_fail_path(struct trace_failure *failure, int error, const char *path)
{
	return fail_path(failure, error, "unknown error", path);
}

static enum trace_error fail_system(struct trace_failure *failure, sqlite3 *db, int code, const char *path)
{
	int error = db != NULL ? sqlite3_system_errno(db) : 0;
	if ((code & 0xff) == SQLITE_FULL)
		error = ENOSPC;
	if ((code & 0xff) == SQLITE_NOMEM)
		error = ENOMEM;
	return fail_path(failure, error, sqlite3_errstr(code), path);
}

enum trace_error trace_fail_sqlite(struct trace_failure *failure, sqlite3 *db, int code, const char *path)
{
	switch (code & 0xff) {
	case SQLITE_OK:
		return TRACE_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return trace_fail(failure, TRACE_BUSY, "trace '%s' is locked by another process (try again)", path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return trace_fail(failure, TRACE_READ_ONLY,
						  "cannot write trace '%s': %s (check its permissions and those of its directory)", path,
						  sqlite3_errstr(code & 0xff));
	case SQLITE_CORRUPT:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_ERROR:
	case SQLITE_SCHEMA:
		return trace_fail(failure, TRACE_DAMAGED, "trace '%s' is damaged: %s (record a new one)", path,
						  db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(code));
	case SQLITE_NOTADB:
		return trace_fail(failure, TRACE_FOREIGN, "'%s' is not a pqleak trace and was not changed (name another file)",
						  path);
	default:
		return fail_system(failure, db, code, path);
	}
}
