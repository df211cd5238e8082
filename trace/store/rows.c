// SPDX-License-Identifier: PostgreSQL
/* rows.c - see rows.h. */
#include "trace/store/rows.h"

#include "trace/base/names.h"
#include "trace/store/rows-connection.h"
#include "trace/store/rows-count.h"
#include "trace/store/rows-resource.h"

int rows_save(struct rows *rows, struct fold *fold)
{
	int rc = connections_save(rows, fold);
	if (rc == SQLITE_OK)
		rc = resources_save(rows, fold);
	if (rc == SQLITE_OK)
		rc = counts_save(rows, fold);
	if (rc == SQLITE_OK)
		fold_saved(fold);
	return rc;
}

int rows_load(struct rows *rows, struct fold *fold)
{
	struct map stacks = {0}, indexes = {0};
	int rc = blobs_index_stacks(rows->blobs, &stacks) ? SQLITE_OK : SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		rc = connections_load(rows, fold, &stacks, &indexes);
	if (rc == SQLITE_OK)
		rc = resources_load(rows, fold, &stacks, &indexes);
	map_done(&stacks);
	map_done(&indexes);
	return rc;
}

int rows_keep_event(struct rows *rows, const struct event *event, uint64_t position)
{
	static const char add[] = "INSERT INTO event (process, number, at_ns, verb, kind, object, parent, function, stack,"
							  " thread, status, transaction_status)"
							  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
	sqlite3_stmt *stmt;
	int rc = statement(&rows->statements, add, &stmt);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_int64(stmt, 2, (int64_t)position);
	bind_time(rows, stmt, 3, event->time);
	const char *verb = verb_name(event->verb);
	sqlite3_bind_text(stmt, 4, verb != NULL ? verb : "damaged", -1, SQLITE_STATIC);
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
