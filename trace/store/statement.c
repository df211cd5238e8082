// SPDX-License-Identifier: PostgreSQL
/*
 * statement.c - every SQL statement of the drain and the ingest.
 *
 * Called by the files that read and write rows.  Parameters are numbered, and
 * the callers bind them in this order.
 */
#include "trace/store/statement.h"

#include <stddef.h>

#include "trace/spool/blob-text.h"

/* For lists of columns: each in turn is the next parameter. */
#define NAME(column) #column
#define PARAMETER(column) "?"
#define IS_PARAMETER(column) #column " = ?"

static const char *const text[STATEMENT_COUNT] = {
	[FIND_PROCESS] = "SELECT id, drained FROM process WHERE spool = ?1",
	[ADD_PROCESS] = "INSERT INTO process (spool, pid, ppid, parent, host, exe, command, started_ns, drained,"
					" label) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[UPDATE_PROCESS] = "UPDATE process SET drained = ?2, dropped = max(dropped, ?3),"
					   " unseen_releases = unseen_releases + ?4, unknown_releases = unknown_releases + ?5,"
					   " peak = max(peak, ?6), peak_ns = CASE WHEN ?6 > peak THEN ?7 ELSE peak_ns END WHERE id = ?1",
	[END_PROCESS] = "UPDATE process SET end = ?2, ended_ns = ?3 WHERE id = ?1",
	[GIVE_UP_PROCESS] = "UPDATE process SET end = 'unknown' WHERE spool = ?1 AND end IS NULL",
	[HAS_PROCESS_ENDED] = "SELECT end IS NOT NULL AND end <> 'exec' FROM process WHERE spool = ?1",
	/* Said once, however often it is found. */
	[ADD_INCOMPLETE] = "INSERT INTO incomplete (process, pid, reason) SELECT ?1, ?2, ?3 WHERE NOT EXISTS"
					   " (SELECT 1 FROM incomplete WHERE process IS ?1 AND pid IS ?2 AND reason = ?3)",
	[FIND_MODULE] = "SELECT id FROM module WHERE " MODULE_FIELDS(IS_PARAMETER, " AND "),
	[ADD_MODULE] = "INSERT INTO module (" MODULE_FIELDS(NAME, ", ") ") VALUES (" MODULE_FIELDS(PARAMETER, ", ") ")",
	[FIND_SCRIPT] = "SELECT id FROM script WHERE " SCRIPT_FIELDS(IS_PARAMETER, " AND "),
	[ADD_SCRIPT] = "INSERT INTO script (" SCRIPT_FIELDS(NAME, ", ") ") VALUES (" SCRIPT_FIELDS(PARAMETER, ", ") ")",
	[FIND_FRAME] = "SELECT id FROM frame WHERE ifnull(module, 0) = ?1 AND \"offset\" = ?2 AND ifnull(script, 0) = ?3",
	[ADD_FRAME] = "INSERT INTO frame (module, \"offset\", script) VALUES (nullif(?1, 0), ?2, nullif(?3, 0))",
	[FIND_STACK] = "SELECT id FROM stack WHERE frames = ?1",
	[ADD_STACK] = "INSERT INTO stack (frames) VALUES (?1)",
	[ADD_STACK_FRAME] = "INSERT INTO stack_frame (stack, level, frame) VALUES (?1, ?2, ?3)",
	[FIND_TARGET] = "SELECT id FROM target WHERE " TARGET_FIELDS(IS_PARAMETER, " AND "),
	[ADD_TARGET] = "INSERT INTO target (" TARGET_FIELDS(NAME, ", ") ") VALUES (" TARGET_FIELDS(PARAMETER, ", ") ")",
	[FIND_SETTING] = "SELECT id FROM setting WHERE " SETTING_FIELDS(IS_PARAMETER, " AND "),
	[ADD_SETTING] = "INSERT INTO setting (" SETTING_FIELDS(NAME, ", ") ") VALUES (" SETTING_FIELDS(PARAMETER, ", ") ")",
	[LAST_ROWS] = "SELECT ifnull(max(id), 0) FROM connection",
	[ADD_CONNECTION] =
		"INSERT INTO connection (state, target, backend_pid, connect_ns, used_ns, use_function, use_stack, statement,"
		" queries, resets, transaction_status, released_ns, release_thread, release_stack, error, setting,"
		" broken_ns, broken_idle_ns, broken_stack,"
		" id, process, address, thread, acquired_ns, acquire_function, acquire_stack)"
		" VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,"
		" ?1, ?21, ?22, ?23, ?24, ?25, ?26)",
	/* What was taken up from the trace itself is not known again, and bound as NULL: the row keeps it. */
	[UPDATE_CONNECTION] =
		"UPDATE connection SET state = ?2, target = ifnull(?3, target), backend_pid = ?4, connect_ns = ?5,"
		" used_ns = ifnull(?6, used_ns), use_function = ifnull(?7, use_function),"
		" use_stack = ifnull(?8, use_stack), statement = ifnull(?9, statement), queries = ?10, resets = ?11,"
		" transaction_status = ?12, released_ns = ?13, release_thread = ?14, release_stack = ?15, error = ?16,"
		" setting = ifnull(?17, setting), broken_ns = ifnull(?18, broken_ns),"
		" broken_idle_ns = ifnull(?19, broken_idle_ns), broken_stack = ifnull(?20, broken_stack) WHERE id = ?1",
	[ADD_RESET] = "INSERT INTO reset (connection, at_ns, stack, backend_pid) VALUES (?1, ?2, ?3, ?4)",
	[ADD_RESOURCE] =
		"INSERT INTO resource (used_ns, idle_ns, idle_stack, process, kind, address, connection, status, thread,"
		" acquired_ns, acquire_function, acquire_stack, statement, rows, bytes)"
		" VALUES (?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, 0), ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
	[UPDATE_RESOURCE] = "UPDATE resource SET used_ns = ?2, idle_ns = ?3, idle_stack = ?4 WHERE id = ?1",
	[DELETE_RESOURCE] = "DELETE FROM resource WHERE id = ?1",
	/* min: a sum too large for an integer would become a real number. */
	[ADD_FOLD] =
		"INSERT INTO fold (process, kind, acquire_stack, release_stack, count, total_ns, longest_ns, longest_idle_ns,"
		" idle_stack) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET"
		" count = count + excluded.count,"
		" total_ns = min(total_ns + excluded.total_ns, 9223372036854775807),"
		" longest_ns = max(longest_ns, excluded.longest_ns),"
		" idle_stack = CASE WHEN excluded.longest_idle_ns > longest_idle_ns THEN excluded.idle_stack"
		" ELSE idle_stack END,"
		" longest_idle_ns = max(longest_idle_ns, excluded.longest_idle_ns)",
	[ADD_MISUSE] =
		"INSERT INTO misuse (process, kind, stack, acquire_stack, release_stack, function, connection, count,"
		" first_ns, last_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, nullif(?7, 0), ?8, ?9, ?10) ON CONFLICT DO UPDATE SET"
		" count = count + excluded.count, last_ns = max(last_ns, excluded.last_ns)",
	[ADD_EVENT] = "INSERT INTO event (process, number, at_ns, verb, kind, object, parent, function, stack, thread,"
				  " status, transaction_status) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	[LIVE_CONNECTIONS] =
		"SELECT id, address, state, acquired_ns, connect_ns, acquire_stack, queries, resets, backend_pid,"
		" transaction_status, thread, error, used_ns, broken_ns FROM connection"
		" WHERE process = ?1 AND released_ns IS NULL",
	[LIVE_RESOURCES] =
		"SELECT r.id, r.address, r.kind, r.connection, r.acquired_ns, r.acquire_stack, r.used_ns, r.idle_ns,"
		" r.idle_stack, c.use_stack FROM resource r LEFT JOIN connection c ON c.id = r.connection"
		" WHERE r.process = ?1 ORDER BY r.id",
};

sqlite3_stmt *statement(struct statements *statements, enum statement_name name)
{
	sqlite3_stmt **prepared = &statements->prepared[name];
	if (*prepared == NULL && sqlite3_prepare_v2(statements->db, text[name], -1, prepared, NULL) != SQLITE_OK)
		return NULL;
	sqlite3_clear_bindings(*prepared);
	return *prepared;
}

int statement_run(sqlite3_stmt *stmt)
{
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		;
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int statement_number(sqlite3_stmt *stmt, int64_t *ret)
{
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return rc;
}

void statements_done(struct statements *statements)
{
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(statements->prepared[i]);
	*statements = (struct statements){0};
}
