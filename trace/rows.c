// SPDX-License-Identifier: PostgreSQL
/*
 * rows.c - the fold's state as rows of the trace: saving it.
 *
 * Called by the drain inside its transaction; rows-load.c does the reverse.
 * A row is written once where that can be: a connection opened and finished
 * between two saves is inserted complete.
 */
#include "rows.h"

static int error_of(const struct rows *rows)
{
	return sqlite3_extended_errcode(rows->statements.db);
}

static void bind_time(const struct rows *rows, sqlite3_stmt *stmt, int at, uint64_t time)
{
	/* Unsigned: a damaged time must not overflow a signed sum. */
	sqlite3_bind_int64(stmt, at, (int64_t)(time + (uint64_t)rows->epoch_ns));
}

static void bind_stack(const struct rows *rows, sqlite3_stmt *stmt, int at, uint32_t number)
{
	sqlite3_bind_int64(stmt, at, blobs_stack(rows->blobs, number));
}

/* The text of a blob, or `otherwise` (which may be NULL) when it has none. */
static void bind_text(const struct rows *rows, sqlite3_stmt *stmt, int at, uint32_t number, const char *otherwise)
{
	int length;
	const char *text = blobs_text(rows->blobs, number, &length);
	if (text != NULL)
		sqlite3_bind_text(stmt, at, text, length, SQLITE_STATIC);
	else
		sqlite3_bind_text(stmt, at, otherwise, -1, SQLITE_STATIC);
}

static void bind_statement(const struct rows *rows, sqlite3_stmt *stmt, int at, const struct statement *statement)
{
	if (statement->text != 0) {
		bind_text(rows, stmt, at, statement->text, NULL);
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

static const char *kind_name(uint8_t kind)
{
	return kind == KIND_CONNECTION ? "connection" : kind == KIND_RESULT ? "result" : NULL;
}

static int save_connection(struct rows *rows, const struct fold_connection *connection)
{
	sqlite3_stmt *stmt = statement(&rows->statements, connection->is_stored ? UPDATE_CONNECTION : ADD_CONNECTION);
	if (stmt == NULL)
		return error_of(rows);
	int64_t target = blobs_target(rows->blobs, connection->target);
	sqlite3_bind_int64(stmt, 1, connection->row);
	sqlite3_bind_text(stmt, 2, state_name(connection->state), -1, SQLITE_STATIC);
	if (target != 0)
		sqlite3_bind_int64(stmt, 3, target);
	sqlite3_bind_int64(stmt, 4, connection->backend_pid);
	sqlite3_bind_int64(stmt, 5, (int64_t)connection->connect_ns);
	if (connection->is_used) {
		bind_time(rows, stmt, 6, connection->used);
		bind_text(rows, stmt, 7, connection->use_function, NULL);
		bind_stack(rows, stmt, 8, connection->use_stack);
	}
	bind_statement(rows, stmt, 9, &connection->statement);
	sqlite3_bind_int64(stmt, 10, (int64_t)connection->queries);
	sqlite3_bind_int64(stmt, 11, connection->resets);
	sqlite3_bind_int64(stmt, 12, connection->transaction);
	if (connection->is_released)
		bind_time(rows, stmt, 13, connection->released);
	if (connection->was_seen) {
		sqlite3_bind_int64(stmt, 14, connection->release_thread);
		bind_stack(rows, stmt, 15, connection->release_stack);
	}
	if (!connection->is_stored) {
		sqlite3_bind_int64(stmt, 16, rows->process);
		sqlite3_bind_int64(stmt, 17, (int64_t)connection->address);
		sqlite3_bind_int64(stmt, 18, connection->thread);
		bind_time(rows, stmt, 19, connection->acquired);
		bind_text(rows, stmt, 20, connection->function, "");
		bind_stack(rows, stmt, 21, connection->stack);
	}
	return statement_run(stmt);
}

static int save_result(struct rows *rows, struct fold_result *result)
{
	sqlite3_stmt *stmt = statement(&rows->statements, ADD_RESULT);
	if (stmt == NULL)
		return error_of(rows);
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_int64(stmt, 2, (int64_t)result->address);
	sqlite3_bind_int64(stmt, 3, result->connection);
	sqlite3_bind_int64(stmt, 4, result->status);
	sqlite3_bind_int64(stmt, 5, result->thread);
	bind_time(rows, stmt, 6, result->acquired);
	bind_text(rows, stmt, 7, result->function, "");
	bind_stack(rows, stmt, 8, result->stack);
	bind_statement(rows, stmt, 9, &result->statement);
	int rc = statement_run(stmt);
	result->row = sqlite3_last_insert_rowid(rows->statements.db);
	return rc;
}

static int delete_result(struct rows *rows, int64_t row)
{
	sqlite3_stmt *stmt = statement(&rows->statements, DELETE_RESULT);
	if (stmt == NULL)
		return error_of(rows);
	sqlite3_bind_int64(stmt, 1, row);
	return statement_run(stmt);
}

static int save_pair(struct rows *rows, const struct fold_pair *pair)
{
	sqlite3_stmt *stmt = statement(&rows->statements, ADD_FOLD);
	if (stmt == NULL)
		return error_of(rows);
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_text(stmt, 2, kind_name(pair->kind), -1, SQLITE_STATIC);
	bind_stack(rows, stmt, 3, pair->acquire_stack);
	bind_stack(rows, stmt, 4, pair->release_stack);
	sqlite3_bind_int64(stmt, 5, (int64_t)pair->count);
	sqlite3_bind_int64(stmt, 6, (int64_t)pair->total_ns);
	sqlite3_bind_int64(stmt, 7, (int64_t)pair->longest_ns);
	return statement_run(stmt);
}

static int save_reset(struct rows *rows, const struct fold_reset *reset)
{
	sqlite3_stmt *stmt = statement(&rows->statements, ADD_RESET);
	if (stmt == NULL)
		return error_of(rows);
	sqlite3_bind_int64(stmt, 1, reset->connection);
	bind_time(rows, stmt, 2, reset->at);
	bind_stack(rows, stmt, 3, reset->stack);
	sqlite3_bind_int64(stmt, 4, reset->backend_pid);
	return statement_run(stmt);
}

static int save_end(struct rows *rows, const struct fold *fold)
{
	static const char *const name[] = {
		[END_EXIT] = "exit",   [END_RAW_EXIT] = "_exit", [END_QUICK_EXIT] = "quick_exit", [END_EXEC] = "exec",
		[END_ABORT] = "abort", [END_KILLED] = "killed",  [END_UNKNOWN] = "unknown",
	};
	sqlite3_stmt *stmt = statement(&rows->statements, END_PROCESS);
	if (stmt == NULL)
		return error_of(rows);
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_text(stmt, 2, name[fold->end], -1, SQLITE_STATIC);
	if (fold->end != END_RUNNING)
		bind_time(rows, stmt, 3, fold->ended);
	return statement_run(stmt);
}

int rows_begin(struct rows *rows, struct fold *fold)
{
	sqlite3_stmt *stmt = statement(&rows->statements, LAST_ROWS);
	int64_t last = 0;
	if (stmt == NULL || statement_number(stmt, &last) != SQLITE_ROW)
		return error_of(rows);
	fold->next_connection = last + 1;
	return SQLITE_OK;
}

int rows_save(struct rows *rows, struct fold *fold)
{
	int rc = SQLITE_OK;
	const uint32_t *touched = fold->touched.items;
	for (uint32_t i = 0; i < fold->touched.count && rc == SQLITE_OK; i++)
		rc = save_connection(rows, fold_connection(fold, touched[i]));
	const int64_t *gone = fold->gone_results.items;
	for (uint32_t i = 0; i < fold->gone_results.count && rc == SQLITE_OK; i++)
		rc = delete_result(rows, gone[i]);
	for (uint32_t i = fold->unsaved_result; i != 0 && rc == SQLITE_OK; i = fold_result(fold, i)->next)
		rc = save_result(rows, fold_result(fold, i));
	const struct fold_reset *resets = fold->resets.items;
	for (uint32_t i = 0; i < fold->resets.count && rc == SQLITE_OK; i++)
		rc = save_reset(rows, &resets[i]);
	const struct fold_pair *pairs = fold->pairs.items;
	for (uint32_t i = 0; i < fold->pairs.count && rc == SQLITE_OK; i++)
		rc = save_pair(rows, &pairs[i]);
	if (rc == SQLITE_OK && fold->end_changed)
		rc = save_end(rows, fold);
	if (rc == SQLITE_OK)
		fold_saved(fold);
	return rc;
}

int rows_keep_event(struct rows *rows, const struct event *event, uint64_t position)
{
	static const char *const verb[] = {
		[EVENT_NONE] = "none",       [EVENT_ACQUIRE] = "acquire",
		[EVENT_RELEASE] = "release", [EVENT_OUTCOME] = "outcome",
		[EVENT_USE] = "use",         [EVENT_RESET] = "reset",
		[EVENT_END] = "end",         [EVENT_END_REVOKED] = "end revoked",
	};
	sqlite3_stmt *stmt = statement(&rows->statements, ADD_EVENT);
	if (stmt == NULL)
		return error_of(rows);
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_int64(stmt, 2, (int64_t)position);
	bind_time(rows, stmt, 3, event->time);
	sqlite3_bind_text(stmt, 4, event->verb <= EVENT_END_REVOKED ? verb[event->verb] : "damaged", -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 5, kind_name(event->kind), -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 6, (int64_t)event->object);
	sqlite3_bind_int64(stmt, 7, (int64_t)event->parent);
	bind_text(rows, stmt, 8, event->function, NULL);
	if (event->stack != 0)
		bind_stack(rows, stmt, 9, event->stack);
	sqlite3_bind_int64(stmt, 10, event->thread);
	sqlite3_bind_int64(stmt, 11, event->status);
	sqlite3_bind_int64(stmt, 12, event->transaction);
	return statement_run(stmt);
}

int rows_add_incomplete(struct rows *rows, int pid, const char *reason)
{
	sqlite3_stmt *stmt = statement(&rows->statements, ADD_INCOMPLETE);
	if (stmt == NULL)
		return error_of(rows);
	if (rows->process != 0)
		sqlite3_bind_int64(stmt, 1, rows->process);
	if (pid > 0)
		sqlite3_bind_int64(stmt, 2, pid);
	sqlite3_bind_text(stmt, 3, reason, -1, SQLITE_STATIC);
	return statement_run(stmt);
}
