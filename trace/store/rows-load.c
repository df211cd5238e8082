// SPDX-License-Identifier: PostgreSQL
/*
 * rows-load.c - taking up what a process held when it was drained last.
 *
 * Called by the drain when it knows nothing of a process that the trace knows:
 * after a crash, or when the analyzer goes on where the shim stopped.  Only
 * what the fold needs to go on is read; the rest stays in the rows.
 */
#include <string.h>

#include "trace/base/names.h"
#include "trace/store/rows-private.h"

static uint32_t find_stack(const struct map *stacks, int64_t row)
{
	const uint32_t *number = row != 0 ? map_find(stacks, (uint64_t)row) : NULL;
	return number != NULL ? *number : 0;
}

static uint64_t event_time(const struct rows *rows, int64_t time)
{
	return (uint64_t)time - (uint64_t)rows->epoch_ns;
}

static uint8_t state_named(const char *name)
{
	if (name == NULL || strcmp(name, "connected") == 0)
		return STATE_CONNECTED;
	if (strcmp(name, "failed") == 0)
		return STATE_FAILED;
	return strcmp(name, "inherited") == 0 ? STATE_INHERITED : STATE_CONNECTING;
}

/* 0 when there is none. */
static uint64_t optional_time(const struct rows *rows, sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) != SQLITE_NULL ? event_time(rows, sqlite3_column_int64(stmt, column)) : 0;
}

/* `indexes` becomes a map from their row ids. */
static int load_connections(struct rows *rows, struct fold *fold, const struct map *stacks, struct map *indexes)
{
	sqlite3_stmt *stmt = statement(&rows->statements, LIVE_CONNECTIONS);
	if (stmt == NULL)
		return rows_error(rows);
	sqlite3_bind_int64(stmt, 1, rows->process);
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct fold_connection connection = {
			.row = sqlite3_column_int64(stmt, 0),
			.address = (uint64_t)sqlite3_column_int64(stmt, 1),
			.state = state_named((const char *)sqlite3_column_text(stmt, 2)),
			.acquired = event_time(rows, sqlite3_column_int64(stmt, 3)),
			.connect_ns = (uint64_t)sqlite3_column_int64(stmt, 4),
			.stack = find_stack(stacks, sqlite3_column_int64(stmt, 5)),
			.queries = (uint64_t)sqlite3_column_int64(stmt, 6),
			.resets = (uint32_t)sqlite3_column_int64(stmt, 7),
			.backend_pid = (uint32_t)sqlite3_column_int64(stmt, 8),
			.transaction = (uint8_t)sqlite3_column_int(stmt, 9),
			.thread = (uint32_t)sqlite3_column_int64(stmt, 10),
			.error = connect_error_named((const char *)sqlite3_column_text(stmt, 11)),
			.used = optional_time(rows, stmt, 12),
			.is_broken = sqlite3_column_type(stmt, 13) != SQLITE_NULL,
		};
		uint32_t index;
		if (!fold_restore_connection(fold, &connection, &index) ||
			(index != 0 && !map_add(indexes, (uint64_t)connection.row, index))) {
			rc = SQLITE_NOMEM;
			break;
		}
	}
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int load_resources(struct rows *rows, struct fold *fold, const struct map *stacks, const struct map *indexes)
{
	sqlite3_stmt *stmt = statement(&rows->statements, LIVE_RESOURCES);
	if (stmt == NULL)
		return rows_error(rows);
	sqlite3_bind_int64(stmt, 1, rows->process);
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct fold_resource resource = {
			.row = sqlite3_column_int64(stmt, 0),
			.address = (uint64_t)sqlite3_column_int64(stmt, 1),
			.kind = kind_named((const char *)sqlite3_column_text(stmt, 2)),
			.connection = sqlite3_column_int64(stmt, 3),
			.acquired = event_time(rows, sqlite3_column_int64(stmt, 4)),
			.stack = find_stack(stacks, sqlite3_column_int64(stmt, 5)),
			.used = optional_time(rows, stmt, 6),
			.idle_ns = (uint64_t)sqlite3_column_int64(stmt, 7),
			.idle_stack = find_stack(stacks, sqlite3_column_int64(stmt, 8)),
			.use_stack = find_stack(stacks, sqlite3_column_int64(stmt, 9)),
		};
		const uint32_t *index = NULL;
		if (resource.connection != 0)
			index = map_find(indexes, (uint64_t)resource.connection);
		if (!fold_restore_resource(fold, &resource, index != NULL ? *index : 0)) {
			rc = SQLITE_NOMEM;
			break;
		}
	}
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int rows_load(struct rows *rows, struct fold *fold)
{
	struct map stacks = {0}, indexes = {0};
	int rc = blobs_index_stacks(rows->blobs, &stacks) ? SQLITE_OK : SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		rc = load_connections(rows, fold, &stacks, &indexes);
	if (rc == SQLITE_OK)
		rc = load_resources(rows, fold, &stacks, &indexes);
	map_done(&stacks);
	map_done(&indexes);
	return rc;
}
