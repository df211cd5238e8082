// SPDX-License-Identifier: PostgreSQL
/* rows-process.c - the row of a process, and the reasons why its trace is incomplete. */
#include "trace/store/rows.h"

#include "trace/base/names.h"

static void bind_id(sqlite3_stmt *stmt, int at, uint64_t id)
{
	char text[20];
	sqlite3_snprintf(sizeof text, text, "%016llx", (unsigned long long)id);
	sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT);
}

/* A statement about the process of this spool. */
static sqlite3_stmt *statement_of(struct statements *statements, const char *sql, uint64_t spool)
{
	sqlite3_stmt *stmt = statement(statements, sql);
	bind_id(stmt, 1, spool);
	return stmt;
}

int process_find(struct statements *statements, uint64_t spool, int64_t *ret_row, uint64_t *ret_drained)
{
	sqlite3_stmt *stmt = statement_of(statements, "SELECT id, drained FROM process WHERE spool = ?1", spool);
	int rc = statement_step(statements, stmt);
	if (rc == SQLITE_ROW) {
		int64_t drained = sqlite3_column_int64(stmt, 1);
		*ret_row = sqlite3_column_int64(stmt, 0);
		*ret_drained = drained > 0 ? (uint64_t)drained : 0;
	}
	sqlite3_reset(stmt);
	return rc;
}

int process_add(struct statements *statements, const struct spool_header *header, uint64_t drained, int64_t *ret_row)
{
	static const char add[] = "INSERT INTO process (spool, pid, ppid, parent, host, exe, command, started_ns, drained,"
							  " label, forked_at, born_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
	sqlite3_stmt *stmt = statement_of(statements, add, header->id);
	sqlite3_bind_int64(stmt, 2, header->pid);
	sqlite3_bind_int64(stmt, 3, header->ppid);
	if (header->parent_id != 0) {
		bind_id(stmt, 4, header->parent_id);
		bind_bounded(stmt, 11, header->forked_at);
	}
	sqlite3_bind_text(stmt, 5, header->host, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 6, header->exe, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 7, header->command, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 8, (int64_t)(header->started + (uint64_t)header->epoch_ns));
	sqlite3_bind_int64(stmt, 9, (int64_t)drained);
	if (header->label[0] != '\0')
		sqlite3_bind_text(stmt, 10, header->label, -1, SQLITE_STATIC);
	if (header->born_ns > 0)
		sqlite3_bind_int64(stmt, 12, header->born_ns);
	int rc = statement_run(statements, stmt);
	*ret_row = sqlite3_last_insert_rowid(statements->db);
	return rc;
}

static int save_end(struct rows *rows, const struct fold *fold)
{
	sqlite3_stmt *stmt = statement(&rows->statements, "UPDATE process SET end = ?2, ended_ns = ?3 WHERE id = ?1");
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_text(stmt, 2, end_name(fold->end), -1, SQLITE_STATIC);
	if (fold->end != END_RUNNING)
		bind_time(rows, stmt, 3, fold->ended);
	return statement_run(&rows->statements, stmt);
}

int process_update(struct rows *rows, const struct fold *fold, uint64_t drained)
{
	static const char update[] = "UPDATE process SET drained = ?2, counted = counted + ?7,"
								 " unseen_releases = unseen_releases + ?3, unknown_releases = unknown_releases + ?4,"
								 " peak = max(peak, ?5), peak_ns = CASE WHEN ?5 > peak THEN ?6 ELSE peak_ns END"
								 " WHERE id = ?1";
	sqlite3_stmt *stmt = statement(&rows->statements, update);
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_int64(stmt, 2, (int64_t)drained);
	sqlite3_bind_int64(stmt, 3, (int64_t)fold->unseen_releases);
	sqlite3_bind_int64(stmt, 4, (int64_t)fold->unknown_releases);
	sqlite3_bind_int64(stmt, 5, fold->peak);
	bind_time(rows, stmt, 6, fold->peak_at);
	sqlite3_bind_int64(stmt, 7, fold->counted);
	int rc = statement_run(&rows->statements, stmt);
	return rc == SQLITE_OK && fold->has_new_end ? save_end(rows, fold) : rc;
}

int process_add_dropped(struct rows *rows, uint64_t dropped, const char *reason)
{
	static const char update[] = "UPDATE process SET dropped = max(dropped, ?2),"
								 " drop_reason = ifnull(drop_reason, ?3) WHERE id = ?1";
	sqlite3_stmt *stmt = statement(&rows->statements, update);
	sqlite3_bind_int64(stmt, 1, rows->process);
	bind_bounded(stmt, 2, dropped);
	sqlite3_bind_text(stmt, 3, reason, -1, SQLITE_STATIC);
	return statement_run(&rows->statements, stmt);
}

int process_give_up(struct statements *statements, uint64_t spool)
{
	static const char give_up[] = "UPDATE process SET end = 'unknown' WHERE spool = ?1 AND end IS NULL";
	return statement_run(statements, statement_of(statements, give_up, spool));
}

bool process_has_ended(struct statements *statements, uint64_t spool)
{
	static const char ended[] = "SELECT end IS NOT NULL AND end <> 'exec' FROM process WHERE spool = ?1";
	int64_t has = 0;
	return statement_number(statements, statement_of(statements, ended, spool), &has) == SQLITE_ROW && has != 0;
}

int process_add_incomplete(struct statements *statements, int64_t process, int pid, const char *reason)
{
	static const char add[] = "INSERT INTO incomplete (process, pid, reason) SELECT ?1, ?2, ?3 WHERE NOT EXISTS"
							  " (SELECT 1 FROM incomplete WHERE process IS ?1 AND pid IS ?2 AND reason = ?3)";
	sqlite3_stmt *stmt = statement(statements, add);
	bind_row(stmt, 1, process);
	if (pid > 0)
		sqlite3_bind_int64(stmt, 2, pid);
	sqlite3_bind_text(stmt, 3, reason, -1, SQLITE_STATIC);
	return statement_run(statements, stmt);
}
