// SPDX-License-Identifier: PostgreSQL
/*
 * heirs.c - processes that were forked from one that has ended, and still run.
 *
 * Such a process may yet use a connection that the one that opened it left open: until it does, or ends, nobody can
 * tell whether that leaked.  It has no row before it calls libpq itself, but it has the spool of the process that
 * forked it in its memory, as all that was mapped at the fork: so /proc tells.  A program that exec starts has not.
 * Called by the analyzer when it opens a trace.
 */
#include "trace/store/ingest.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/spool/beside.h"
#include "trace/store/statement.h"

/* Has ended, and left a connection open that a child may have. */
#define CANDIDATE                                                                                                      \
	"end IS NOT NULL AND EXISTS (SELECT 1 FROM connection c WHERE c.process = process.id AND c.released_ns IS NULL"    \
	" AND c.state = 'connected')"

static const char add_heir[] = "INSERT OR REPLACE INTO property SELECT 'heir of process ' || id, ?2 FROM process"
							   " WHERE spool = ?1 AND pid <> ?2 AND " CANDIDATE;

static void add(struct statements *statements, const char *spool, int64_t pid)
{
	sqlite3_stmt *stmt = statement(statements, add_heir);
	sqlite3_bind_text(stmt, 1, spool, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(stmt, 2, pid);
	statement_run(statements, stmt);
}

/* The spools in the memory of a process, each TRACE-spool-PID-ID in its maps. */
static void look_at(struct statements *statements, long pid)
{
	char path[64], spool[32];
	char *line = NULL;
	size_t room = 0;
	snprintf(path, sizeof path, "/proc/%ld/maps", pid);
	FILE *maps = fopen(path, "re");
	if (maps == NULL)
		return;
	while (getline(&line, &room, maps) > 0) {
		const char *name = strstr(line, SPOOL_SUFFIX);
		if (name != NULL && sscanf(name, SPOOL_SUFFIX "%*d-%16[0-9a-f]", spool) == 1)
			add(statements, spool, pid);
	}
	free(line);
	fclose(maps);
}

static bool is_any(sqlite3 *db, const char *sql)
{
	int64_t any = 0;
	return statement_once(db, sql, &any) == SQLITE_OK && any != 0;
}

bool heirs_note(sqlite3 *db)
{
	struct statements statements = {.db = db};
	bool were_any = is_any(db, "SELECT EXISTS (SELECT 1 FROM property WHERE name GLOB 'heir of process *')");
	bool may_be_any = is_any(db, "SELECT EXISTS (SELECT 1 FROM process WHERE " CANDIDATE ")");
	if ((!were_any && !may_be_any) || sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return false;
	sqlite3_exec(db, "DELETE FROM property WHERE name GLOB 'heir of process *'", NULL, NULL, NULL);
	DIR *processes = may_be_any ? opendir("/proc") : NULL;
	for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);
		if (pid > 0 && *end == '\0')
			look_at(&statements, pid);
	}
	if (processes != NULL)
		closedir(processes);
	statements_done(&statements);
	if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return may_be_any;
}
