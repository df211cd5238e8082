// SPDX-License-Identifier: PostgreSQL
/*
 * rows-connection.c - connections and their resets as rows of the trace: saving them, and taking them up.
 *
 * A row is written once where that can be: a connection opened and finished
 * between two saves is inserted complete.
 */
#include "trace/store/rows.h"

#include <string.h>

#include "trace/base/names.h"

/* What was taken up from the trace itself is not known again, and bound as NULL: a column to KEEP keeps what it has. */
// clang-format off
#define CHANGING(SET, KEEP, BETWEEN) \
	SET(state) BETWEEN KEEP(target) BETWEEN SET(backend_pid) BETWEEN SET(connect_ns) BETWEEN KEEP(used_ns) \
	BETWEEN KEEP(use_function) BETWEEN KEEP(use_stack) BETWEEN KEEP(use_thread) BETWEEN SET(moves) BETWEEN KEEP(before_ns) \
	BETWEEN KEEP(before_event) BETWEEN KEEP(before_stack) BETWEEN KEEP(before_thread) BETWEEN KEEP(before_transaction) BETWEEN KEEP(statement) BETWEEN SET(queries) \
	BETWEEN SET(last_event) BETWEEN SET(use_event) 	BETWEEN SET(resets) BETWEEN SET(transaction_status) BETWEEN SET(released_ns) BETWEEN SET(release_thread) \
	BETWEEN SET(release_stack) BETWEEN SET(error) BETWEEN KEEP(setting) BETWEEN KEEP(broken_ns) \
	BETWEEN KEEP(broken_idle_ns) BETWEEN KEEP(broken_stack)
#define FIXED(COLUMN, BETWEEN) \
	COLUMN(id) BETWEEN COLUMN(process) BETWEEN COLUMN(address) BETWEEN COLUMN(thread) BETWEEN COLUMN(acquired_ns) \
	BETWEEN COLUMN(acquire_function) BETWEEN COLUMN(acquire_stack) BETWEEN COLUMN(acquire_event)
// clang-format on
#define NAMES CHANGING(COLUMN_NAME, COLUMN_NAME, ", ") ", " FIXED(COLUMN_NAME, ", ")

enum { COLUMN_none, CHANGING(COLUMN_NUMBER, COLUMN_NUMBER, ) FIXED(COLUMN_NUMBER, ) };

static const char add_connection[] =
	"INSERT INTO connection (" NAMES
	") VALUES (" CHANGING(COLUMN_PARAMETER, COLUMN_PARAMETER, ", ") ", " FIXED(COLUMN_PARAMETER, ", ") ")";
static const char update_connection[] =
	"UPDATE connection SET " CHANGING(COLUMN_IS_PARAMETER, COLUMN_UNLESS_NULL, ", ") " WHERE id = ?";
static const char live_connections[] =
	"SELECT NULL, " NAMES " FROM connection WHERE process = ? AND released_ns IS NULL";

static const char *const states[STATE_COUNT] = {
	[STATE_CONNECTED] = "connected",
	[STATE_FAILED] = "failed",
	[STATE_CONNECTING] = "connecting",
	[STATE_INHERITED] = "inherited",
};

static uint8_t state_named(const char *name)
{
	uint8_t state = 0;
	while (state < STATE_COUNT && (name == NULL || strcmp(states[state], name) != 0))
		state++;
	return state < STATE_COUNT ? state : STATE_CONNECTING;
}

static int save_connection(struct rows *rows, const struct fold_connection *connection)
{
	sqlite3_stmt *stmt = statement(&rows->statements, connection->is_stored ? update_connection : add_connection);
	sqlite3_bind_text(stmt, COLUMN_state, states[connection->state], -1, SQLITE_STATIC);
	bind_row(stmt, COLUMN_target, blobs_row(rows->blobs, BLOB_TARGET, connection->target));
	sqlite3_bind_int64(stmt, COLUMN_backend_pid, connection->backend_pid);
	sqlite3_bind_int64(stmt, COLUMN_connect_ns, (int64_t)connection->connect_ns);
	if (connection->is_used) {
		bind_time(rows, stmt, COLUMN_used_ns, connection->used);
		bind_text(rows, stmt, COLUMN_use_function, connection->use_function, NULL);
		bind_stack(rows, stmt, COLUMN_use_stack, connection->use_stack);
		sqlite3_bind_int64(stmt, COLUMN_use_thread, connection->use_thread);
	}
	bind_bounded(stmt, COLUMN_moves, connection->moves);
	if (connection->before != 0) {
		bind_time(rows, stmt, COLUMN_before_ns, connection->before);
		bind_bounded(stmt, COLUMN_before_event, connection->before_event);
		bind_stack(rows, stmt, COLUMN_before_stack, connection->before_stack);
		sqlite3_bind_int64(stmt, COLUMN_before_thread, connection->before_thread);
		sqlite3_bind_int64(stmt, COLUMN_before_transaction, connection->before_transaction);
	}
	bind_statement(rows, stmt, COLUMN_statement, &connection->statement);
	sqlite3_bind_int64(stmt, COLUMN_queries, (int64_t)connection->queries);
	bind_bounded(stmt, COLUMN_last_event, connection->last_event);
	bind_bounded(stmt, COLUMN_use_event, connection->use_event);
	sqlite3_bind_int64(stmt, COLUMN_resets, connection->resets);
	sqlite3_bind_int64(stmt, COLUMN_transaction_status, connection->transaction);
	if (connection->is_released)
		bind_time(rows, stmt, COLUMN_released_ns, connection->released);
	if (connection->was_seen) {
		sqlite3_bind_int64(stmt, COLUMN_release_thread, connection->release_thread);
		bind_stack(rows, stmt, COLUMN_release_stack, connection->release_stack);
	}
	sqlite3_bind_text(stmt, COLUMN_error, connect_error_name(connection->error), -1, SQLITE_STATIC);
	bind_row(stmt, COLUMN_setting, blobs_row(rows->blobs, BLOB_SETTINGS, connection->setting));
	if (connection->is_broken && connection->broken != 0) {
		bind_time(rows, stmt, COLUMN_broken_ns, connection->broken);
		sqlite3_bind_int64(stmt, COLUMN_broken_idle_ns, (int64_t)connection->broken_idle_ns);
		bind_stack(rows, stmt, COLUMN_broken_stack, connection->broken_stack);
	}
	sqlite3_bind_int64(stmt, COLUMN_id, connection->row);
	if (!connection->is_stored) {
		sqlite3_bind_int64(stmt, COLUMN_process, rows->process);
		sqlite3_bind_int64(stmt, COLUMN_address, (int64_t)connection->address);
		sqlite3_bind_int64(stmt, COLUMN_thread, connection->thread);
		bind_time(rows, stmt, COLUMN_acquired_ns, connection->acquired);
		bind_text(rows, stmt, COLUMN_acquire_function, connection->function, "");
		bind_stack(rows, stmt, COLUMN_acquire_stack, connection->stack);
		bind_bounded(stmt, COLUMN_acquire_event, connection->acquire_event);
	}
	return statement_run(&rows->statements, stmt);
}

static int save_reset(struct rows *rows, const struct fold_reset *reset)
{
	static const char add_reset[] = "INSERT INTO reset (connection, at_ns, stack, backend_pid, previous_pid)"
									" VALUES (?1, ?2, ?3, ?4, ?5)";
	sqlite3_stmt *stmt = statement(&rows->statements, add_reset);
	sqlite3_bind_int64(stmt, 1, reset->connection);
	bind_time(rows, stmt, 2, reset->at);
	bind_stack(rows, stmt, 3, reset->stack);
	sqlite3_bind_int64(stmt, 4, reset->backend_pid);
	sqlite3_bind_int64(stmt, 5, reset->previous_pid);
	return statement_run(&rows->statements, stmt);
}

int connections_begin(struct rows *rows, struct fold *fold)
{
	int64_t last = 0;
	sqlite3_stmt *stmt = statement(&rows->statements, "SELECT ifnull(max(id), 0) FROM connection");
	int rc = statement_number(&rows->statements, stmt, &last);
	fold->next_connection = last + 1;
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int connections_save(struct rows *rows, const struct fold *fold)
{
	int rc = SQLITE_OK;
	const uint32_t *touched = fold->touched.items;
	for (uint32_t i = 0; i < fold->touched.count && rc == SQLITE_OK; i++)
		rc = save_connection(rows, fold_connection(fold, touched[i]));
	const struct fold_reset *resets = fold->resets.items;
	for (uint32_t i = 0; i < fold->resets.count && rc == SQLITE_OK; i++)
		rc = save_reset(rows, &resets[i]);
	return rc;
}

/* Only what the fold needs to go on; the rest stays in the row. */
static struct fold_connection read_connection(const struct rows *rows, const struct map *stacks, sqlite3_stmt *row)
{
	return (struct fold_connection){
		.row = sqlite3_column_int64(row, COLUMN_id),
		.address = (uint64_t)sqlite3_column_int64(row, COLUMN_address),
		.state = state_named((const char *)sqlite3_column_text(row, COLUMN_state)),
		.acquired = column_time(rows, row, COLUMN_acquired_ns),
		.connect_ns = (uint64_t)sqlite3_column_int64(row, COLUMN_connect_ns),
		.stack = column_stack(stacks, row, COLUMN_acquire_stack),
		.queries = (uint64_t)sqlite3_column_int64(row, COLUMN_queries),
		.last_event = (uint64_t)sqlite3_column_int64(row, COLUMN_last_event),
		.resets = (uint32_t)sqlite3_column_int64(row, COLUMN_resets),
		.backend_pid = (uint32_t)sqlite3_column_int64(row, COLUMN_backend_pid),
		.transaction = (uint8_t)sqlite3_column_int(row, COLUMN_transaction_status),
		.thread = (uint32_t)sqlite3_column_int64(row, COLUMN_thread),
		.error = connect_error_named((const char *)sqlite3_column_text(row, COLUMN_error)),
		.used = column_time(rows, row, COLUMN_used_ns),
		.use_stack = column_stack(stacks, row, COLUMN_use_stack),
		.use_thread = (uint32_t)sqlite3_column_int64(row, COLUMN_use_thread),
		.moves = (uint64_t)sqlite3_column_int64(row, COLUMN_moves),
		.is_broken = sqlite3_column_type(row, COLUMN_broken_ns) != SQLITE_NULL,
	};
}

int connections_load(struct rows *rows, struct fold *fold, const struct map *stacks, struct map *ret_indexes)
{
	sqlite3_stmt *row = statement(&rows->statements, live_connections);
	sqlite3_bind_int64(row, 1, rows->process);
	int rc;
	while ((rc = statement_step(&rows->statements, row)) == SQLITE_ROW) {
		struct fold_connection connection = read_connection(rows, stacks, row);
		uint32_t index;
		if (!fold_restore_connection(fold, &connection, &index) ||
			(index != 0 && !map_add(ret_indexes, (uint64_t)connection.row, index))) {
			rc = SQLITE_NOMEM;
			break;
		}
	}
	sqlite3_reset(row);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
