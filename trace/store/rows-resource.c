// SPDX-License-Identifier: PostgreSQL
/*
 * rows-resource.c - resources, matched pairs and misuse as rows of the trace.
 *
 * Called by rows.c once in each drain.  What was acquired and released between
 * two drains has no row at all.
 */
#include "trace/base/names.h"
#include "trace/store/rows-private.h"

/* Parameters 2 to 4 of both statements: what goes on while a transaction is open. */
static void bind_uses(const struct rows *rows, sqlite3_stmt *stmt, const struct fold_resource *resource)
{
	if (resource->kind != KIND_TRANSACTION) {
		sqlite3_bind_int64(stmt, 3, 0);
		return;
	}
	rows_bind_time(rows, stmt, 2, resource->used);
	sqlite3_bind_int64(stmt, 3, resource->idle_ns <= INT64_MAX ? (int64_t)resource->idle_ns : INT64_MAX);
	if (resource->idle_ns != 0)
		rows_bind_stack(rows, stmt, 4, resource->idle_stack);
}

static int add_resource(struct rows *rows, struct fold_resource *resource)
{
	sqlite3_stmt *stmt = statement(&rows->statements, ADD_RESOURCE);
	if (stmt == NULL)
		return rows_error(rows);
	bind_uses(rows, stmt, resource);
	sqlite3_bind_int64(stmt, 5, rows->process);
	sqlite3_bind_text(stmt, 6, kind_name(resource->kind), -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 7, (int64_t)resource->address);
	sqlite3_bind_int64(stmt, 8, resource->connection);
	sqlite3_bind_int64(stmt, 9, resource->status);
	sqlite3_bind_int64(stmt, 10, resource->thread);
	rows_bind_time(rows, stmt, 11, resource->acquired);
	rows_bind_text(rows, stmt, 12, resource->function, "");
	rows_bind_stack(rows, stmt, 13, resource->stack);
	rows_bind_statement(rows, stmt, 14, &resource->statement);
	sqlite3_bind_int64(stmt, 15, resource->rows);
	sqlite3_bind_int64(stmt, 16, (int64_t)resource->bytes);
	int rc = statement_run(stmt);
	resource->row = sqlite3_last_insert_rowid(rows->statements.db);
	return rc;
}

static int update_transaction(struct rows *rows, const struct fold_resource *resource)
{
	sqlite3_stmt *stmt = statement(&rows->statements, UPDATE_RESOURCE);
	if (stmt == NULL)
		return rows_error(rows);
	sqlite3_bind_int64(stmt, 1, resource->row);
	bind_uses(rows, stmt, resource);
	return statement_run(stmt);
}

static int delete_resource(struct rows *rows, int64_t row)
{
	sqlite3_stmt *stmt = statement(&rows->statements, DELETE_RESOURCE);
	if (stmt == NULL)
		return rows_error(rows);
	sqlite3_bind_int64(stmt, 1, row);
	return statement_run(stmt);
}

static int save_pair(struct rows *rows, const struct fold_pair *pair)
{
	sqlite3_stmt *stmt = statement(&rows->statements, ADD_FOLD);
	if (stmt == NULL)
		return rows_error(rows);
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_text(stmt, 2, kind_name(pair->kind), -1, SQLITE_STATIC);
	rows_bind_stack(rows, stmt, 3, pair->acquire_stack);
	rows_bind_stack(rows, stmt, 4, pair->release_stack);
	sqlite3_bind_int64(stmt, 5, (int64_t)pair->count);
	sqlite3_bind_int64(stmt, 6, (int64_t)pair->total_ns);
	sqlite3_bind_int64(stmt, 7, (int64_t)pair->longest_ns);
	sqlite3_bind_int64(stmt, 8, pair->longest_idle_ns <= INT64_MAX ? (int64_t)pair->longest_idle_ns : INT64_MAX);
	if (pair->longest_idle_ns != 0)
		rows_bind_stack(rows, stmt, 9, pair->idle_stack);
	return statement_run(stmt);
}

/* 0 stands for a stack of which there is none, unlike one that could not be taken. */
static void bind_stack_or_none(const struct rows *rows, sqlite3_stmt *stmt, int at, uint32_t number)
{
	if (number != 0)
		rows_bind_stack(rows, stmt, at, number);
	else
		sqlite3_bind_int64(stmt, at, 0);
}

static int save_misuse(struct rows *rows, const struct fold_misuse *misuse)
{
	sqlite3_stmt *stmt = statement(&rows->statements, ADD_MISUSE);
	if (stmt == NULL)
		return rows_error(rows);
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_text(stmt, 2, misuse_name(misuse->kind), -1, SQLITE_STATIC);
	rows_bind_stack(rows, stmt, 3, misuse->stack);
	bind_stack_or_none(rows, stmt, 4, misuse->acquire_stack);
	bind_stack_or_none(rows, stmt, 5, misuse->release_stack);
	rows_bind_text(rows, stmt, 6, misuse->function, "");
	sqlite3_bind_int64(stmt, 7, misuse->connection);
	sqlite3_bind_int64(stmt, 8, (int64_t)misuse->count);
	rows_bind_time(rows, stmt, 9, misuse->first);
	rows_bind_time(rows, stmt, 10, misuse->last);
	return statement_run(stmt);
}

/* The list of those without a row has the latest first: rows are added in the order of their acquires. */
static int add_unsaved(struct rows *rows, struct fold *fold)
{
	uint32_t oldest = 0;
	for (uint32_t i = fold->unsaved_resource; i != 0; i = fold_resource(fold, i)->next)
		oldest = i;
	int rc = SQLITE_OK;
	for (uint32_t i = oldest; i != 0 && rc == SQLITE_OK; i = fold_resource(fold, i)->previous)
		rc = add_resource(rows, fold_resource(fold, i));
	return rc;
}

/* Transactions that have a row already; one changes only when its connection is used. */
static int update_transactions(struct rows *rows, struct fold *fold)
{
	int rc = SQLITE_OK;
	const uint32_t *touched = fold->touched.items;
	for (uint32_t i = 0; i < fold->touched.count && rc == SQLITE_OK; i++) {
		uint32_t open = fold_connection(fold, touched[i])->held[KIND_TRANSACTION].first;
		if (open != 0 && fold_resource(fold, open)->row != 0)
			rc = update_transaction(rows, fold_resource(fold, open));
	}
	return rc;
}

int rows_save_resources(struct rows *rows, struct fold *fold)
{
	int rc = update_transactions(rows, fold);
	const int64_t *gone = fold->gone_resources.items;
	for (uint32_t i = 0; i < fold->gone_resources.count && rc == SQLITE_OK; i++)
		rc = delete_resource(rows, gone[i]);
	if (rc == SQLITE_OK)
		rc = add_unsaved(rows, fold);
	const struct fold_pair *pairs = fold->pairs.items;
	for (uint32_t i = 0; i < fold->pairs.count && rc == SQLITE_OK; i++)
		rc = save_pair(rows, &pairs[i]);
	const struct fold_misuse *misuses = fold->misuses.items;
	for (uint32_t i = 0; i < fold->misuses.count && rc == SQLITE_OK; i++)
		rc = save_misuse(rows, &misuses[i]);
	return rc;
}
