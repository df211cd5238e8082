// SPDX-License-Identifier: PostgreSQL
/*
 * rows.c - the fold's state as rows of the trace: saving it.
 *
 * Called by the drain inside its transaction.  Connections, ends and kept
 * events are here, all else in rows-resource.c; rows-load.c does the reverse.
 * A row is written once where that can be: a connection opened and finished
 * between two saves is inserted complete.
 */
#include "trace/base/names.h"
#include "trace/store/rows-private.h"

int rows_error(const struct rows *rows)
{
	return sqlite3_extended_errcode(rows->statements.db);
}

void rows_bind_time(const struct rows *rows, sqlite3_stmt *stmt, int at, uint64_t time)
{
	/* Unsigned: a damaged time must not overflow a signed sum. */
	sqlite3_bind_int64(stmt, at, (int64_t)(time + (uint64_t)rows->epoch_ns));
}

void rows_bind_stack(const struct rows *rows, sqlite3_stmt *stmt, int at, uint32_t number)
{
	sqlite3_bind_int64(stmt, at, blobs_stack(rows->blobs, number));
}

/* The text of a blob, or `otherwise` (which may be NULL) when it has none. */
void rows_bind_text(const struct rows *rows, sqlite3_stmt *stmt, int at, uint32_t number, const char *otherwise)
{
	int length;
	const char *text = blobs_text(rows->blobs, number, &length);
	if (text != NULL)
		sqlite3_bind_text(stmt, at, text, length, SQLITE_STATIC);
	else
		sqlite3_bind_text(stmt, at, otherwise, -1, SQLITE_STATIC);
}

void rows_bind_statement(const struct rows *rows, sqlite3_stmt *stmt, int at, const struct statement *statement)
{
	if (statement->text != 0) {
		rows_bind_text(rows, stmt, at, statement->text, NULL);
		return;
	}
	char keyword[KEYWORD_LETTERS];
	int length = 0;
	for (uint64_t rest = statement->keyword; length < KEYWORD_LETTERS; rest >>= 5) {
		unsigned letter = rest & 31;
		if (letter == 0 || letter > 26)
			break;
		keyword[length++] = (char)('A' + letter - 1);
	}
	if (length > 0)
		sqlite3_bind_text(stmt, at, keyword, length, SQLITE_TRANSIENT);
}

static const char *state_name(uint8_t state)
{
	static const char *const name[] = {
		[STATE_CONNECTED] = "connected",
		[STATE_FAILED] = "failed",
		[STATE_CONNECTING] = "connecting",
		[STATE_INHERITED] = "inherited",
	};
	return name[state];
}

static int save_connection(struct rows *rows, const struct fold_connection *connection)
{
	sqlite3_stmt *stmt = statement(&rows->statements, connection->is_stored ? UPDATE_CONNECTION : ADD_CONNECTION);
	if (stmt == NULL)
		return rows_error(rows);
	int64_t target = blobs_target(rows->blobs, connection->target);
	sqlite3_bind_int64(stmt, 1, connection->row);
	sqlite3_bind_text(stmt, 2, state_name(connection->state), -1, SQLITE_STATIC);
	if (target != 0)
		sqlite3_bind_int64(stmt, 3, target);
	sqlite3_bind_int64(stmt, 4, connection->backend_pid);
	sqlite3_bind_int64(stmt, 5, (int64_t)connection->connect_ns);
	if (connection->is_used) {
		rows_bind_time(rows, stmt, 6, connection->used);
		rows_bind_text(rows, stmt, 7, connection->use_function, NULL);
		rows_bind_stack(rows, stmt, 8, connection->use_stack);
	}
	rows_bind_statement(rows, stmt, 9, &connection->statement);
	sqlite3_bind_int64(stmt, 10, (int64_t)connection->queries);
	sqlite3_bind_int64(stmt, 11, connection->resets);
	sqlite3_bind_int64(stmt, 12, connection->transaction);
	if (connection->is_released)
		rows_bind_time(rows, stmt, 13, connection->released);
	if (connection->was_seen) {
		sqlite3_bind_int64(stmt, 14, connection->release_thread);
		rows_bind_stack(rows, stmt, 15, connection->release_stack);
	}
	sqlite3_bind_text(stmt, 16, connect_error_name(connection->error), -1, SQLITE_STATIC);
	int64_t setting = blobs_setting(rows->blobs, connection->setting);
	if (setting != 0)
		sqlite3_bind_int64(stmt, 17, setting);
	if (connection->is_broken && connection->broken != 0) {
		rows_bind_time(rows, stmt, 18, connection->broken);
		sqlite3_bind_int64(stmt, 19, (int64_t)connection->broken_idle_ns);
		rows_bind_stack(rows, stmt, 20, connection->broken_stack);
	}
	if (!connection->is_stored) {
		sqlite3_bind_int64(stmt, 21, rows->process);
		sqlite3_bind_int64(stmt, 22, (int64_t)connection->address);
		sqlite3_bind_int64(stmt, 23, connection->thread);
		rows_bind_time(rows, stmt, 24, connection->acquired);
		rows_bind_text(rows, stmt, 25, connection->function, "");
		rows_bind_stack(rows, stmt, 26, connection->stack);
	}
	return statement_run(stmt);
}

static int save_reset(struct rows *rows, const struct fold_reset *reset)
{
	sqlite3_stmt *stmt = statement(&rows->statements, ADD_RESET);
	if (stmt == NULL)
		return rows_error(rows);
	sqlite3_bind_int64(stmt, 1, reset->connection);
	rows_bind_time(rows, stmt, 2, reset->at);
	rows_bind_stack(rows, stmt, 3, reset->stack);
	sqlite3_bind_int64(stmt, 4, reset->backend_pid);
	return statement_run(stmt);
}

static int save_end(struct rows *rows, const struct fold *fold)
{
	sqlite3_stmt *stmt = statement(&rows->statements, END_PROCESS);
	if (stmt == NULL)
		return rows_error(rows);
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_text(stmt, 2, end_name(fold->end), -1, SQLITE_STATIC);
	if (fold->end != END_RUNNING)
		rows_bind_time(rows, stmt, 3, fold->ended);
	return statement_run(stmt);
}

int rows_begin(struct rows *rows, struct fold *fold)
{
	sqlite3_stmt *stmt = statement(&rows->statements, LAST_ROWS);
	int64_t last = 0;
	if (stmt == NULL || statement_number(stmt, &last) != SQLITE_ROW)
		return rows_error(rows);
	fold->next_connection = last + 1;
	return SQLITE_OK;
}

int rows_save(struct rows *rows, struct fold *fold)
{
	int rc = SQLITE_OK;
	const uint32_t *touched = fold->touched.items;
	for (uint32_t i = 0; i < fold->touched.count && rc == SQLITE_OK; i++)
		rc = save_connection(rows, fold_connection(fold, touched[i]));
	const struct fold_reset *resets = fold->resets.items;
	for (uint32_t i = 0; i < fold->resets.count && rc == SQLITE_OK; i++)
		rc = save_reset(rows, &resets[i]);
	if (rc == SQLITE_OK)
		rc = rows_save_resources(rows, fold);
	if (rc == SQLITE_OK && fold->end_changed)
		rc = save_end(rows, fold);
	if (rc == SQLITE_OK)
		fold_saved(fold);
	return rc;
}

int rows_keep_event(struct rows *rows, const struct event *event, uint64_t position)
{
	sqlite3_stmt *stmt = statement(&rows->statements, ADD_EVENT);
	if (stmt == NULL)
		return rows_error(rows);
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_int64(stmt, 2, (int64_t)position);
	rows_bind_time(rows, stmt, 3, event->time);
	const char *verb = verb_name(event->verb);
	sqlite3_bind_text(stmt, 4, verb != NULL ? verb : "damaged", -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 5, kind_name(event->kind), -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 6, (int64_t)event->object);
	sqlite3_bind_int64(stmt, 7, (int64_t)event->parent);
	rows_bind_text(rows, stmt, 8, event->function, NULL);
	if (event->stack != 0)
		rows_bind_stack(rows, stmt, 9, event->stack);
	sqlite3_bind_int64(stmt, 10, event->thread);
	sqlite3_bind_int64(stmt, 11, event->status);
	sqlite3_bind_int64(stmt, 12, event->transaction);
	return statement_run(stmt);
}

int rows_add_incomplete(struct rows *rows, int pid, const char *reason)
{
	sqlite3_stmt *stmt = statement(&rows->statements, ADD_INCOMPLETE);
	if (stmt == NULL)
		return rows_error(rows);
	if (rows->process != 0)
		sqlite3_bind_int64(stmt, 1, rows->process);
	if (pid > 0)
		sqlite3_bind_int64(stmt, 2, pid);
	sqlite3_bind_text(stmt, 3, reason, -1, SQLITE_STATIC);
	return statement_run(stmt);
}
