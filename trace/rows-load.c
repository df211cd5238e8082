// SPDX-License-Identifier: PostgreSQL
/*
 * rows-load.c - taking up what a process held when it was drained last.
 *
 * Called by the drain when it knows nothing of a process that the trace knows:
 * after a crash, or when the analyzer goes on where the shim stopped.  Only
 * what the fold needs to go on is read; the rest stays in the rows.
 */
#include <string.h>

#include "rows.h"

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

static int load_connections(struct rows *rows, struct fold *fold, const struct map *stacks)
{
	sqlite3_stmt *stmt = statement(&rows->statements, LIVE_CONNECTIONS);
	if (stmt == NULL)
		return sqlite3_extended_errcode(rows->statements.db);
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
		};
		if (!fold_restore_connection(fold, &connection)) {
			rc = SQLITE_NOMEM;
			break;
		}
	}
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int load_results(struct rows *rows, struct fold *fold, const struct map *stacks)
{
	sqlite3_stmt *stmt = statement(&rows->statements, LIVE_RESULTS);
	if (stmt == NULL)
		return sqlite3_extended_errcode(rows->statements.db);
	sqlite3_bind_int64(stmt, 1, rows->process);
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct fold_result result = {
			.row = sqlite3_column_int64(stmt, 0),
			.address = (uint64_t)sqlite3_column_int64(stmt, 1),
			.acquired = event_time(rows, sqlite3_column_int64(stmt, 2)),
			.stack = find_stack(stacks, sqlite3_column_int64(stmt, 3)),
		};
		if (!fold_restore_result(fold, &result)) {
			rc = SQLITE_NOMEM;
			break;
		}
	}
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int rows_load(struct rows *rows, struct fold *fold)
{
	struct map stacks = {0};
	int rc = blobs_index_stacks(rows->blobs, &stacks) ? SQLITE_OK : SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		rc = load_connections(rows, fold, &stacks);
	if (rc == SQLITE_OK)
		rc = load_results(rows, fold, &stacks);
	map_done(&stacks);
	return rc;
}
