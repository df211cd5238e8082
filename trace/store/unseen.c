// SPDX-License-Identifier: PostgreSQL
/*
 * unseen.c - what was started where libpq's calls are not intercepted: marks and the table unseen.
 *
 * A mark is a symbolic link whose target has four lines: a process id or 0,
 * how (as in the table), the path of the executable, and that of the library
 * that spoke, or nothing.  The shim writes them (preload/process/mark.c).
 */
#include "trace/store/ingest.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int unseen_add(sqlite3 *db, int pid, const char *how, const char *exe, const char *module)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db,
								"INSERT OR IGNORE INTO unseen (pid, how, exe, module)"
								" VALUES (nullif(?1, 0), ?2, ?3, ?4)",
								-1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int(stmt, 1, pid);
	sqlite3_bind_text(stmt, 2, how, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, exe, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 4, module, -1, SQLITE_STATIC);
	sqlite3_step(stmt);
	return sqlite3_finalize(stmt);
}

int unseen_take(sqlite3 *db, const char *mark)
{
	char text[PATH_MAX];
	char *field[4];
	char *rest = text;
	ssize_t length = readlink(mark, text, sizeof text - 1);
	if (length < 0)
		return SQLITE_OK;
	text[length] = '\0';
	for (int i = 0; i < 4; i++) {
		field[i] = rest;
		rest += strcspn(rest, "\n");
		if (i < 3 && *rest++ != '\n')
			return SQLITE_OK;
		if (i < 3)
			rest[-1] = '\0';
	}
	return unseen_add(db, atoi(field[0]), field[1], field[2], field[3]);
}
