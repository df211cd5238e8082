// SPDX-License-Identifier: PostgreSQL
/*
 * rows-resource.c - resources of all kinds but connections as rows of the trace: saving them, and taking them up.
 *
 * What was acquired and released between two saves has no row at all.
 */
#include "trace/store/rows.h"

#include "trace/base/names.h"

/* The columns of a resource; some change, of a transaction while it is open and of a query while it is in flight. */
// clang-format off
#define CHANGING(COLUMN, BETWEEN)                                                                                      \
	COLUMN(used_ns) BETWEEN COLUMN(idle_ns)                                                                            \
	BETWEEN COLUMN(idle_stack) BETWEEN COLUMN(status)
#define FIXED(COLUMN, BETWEEN) \
	COLUMN(id) BETWEEN COLUMN(process) BETWEEN COLUMN(kind) BETWEEN COLUMN(address) BETWEEN COLUMN(connection) \
	BETWEEN COLUMN(thread) BETWEEN COLUMN(acquired_ns) BETWEEN COLUMN(acquire_function) \
	BETWEEN COLUMN(acquire_stack) BETWEEN COLUMN(statement) BETWEEN COLUMN(rows) BETWEEN COLUMN(bytes)
// clang-format on
#define NAMES CHANGING(COLUMN_NAME, ", ") ", " FIXED(COLUMN_NAME, ", ")

enum {
	COLUMN_none,
	CHANGING(COLUMN_NUMBER, ) FIXED(COLUMN_NUMBER, ) COLUMN_use_stack /* of its connection */
};

static const char insert[] =
	"INSERT INTO resource (" NAMES ") VALUES (" CHANGING(COLUMN_PARAMETER, ", ") ", " FIXED(COLUMN_PARAMETER, ", ") ")";
static const char update[] = "UPDATE resource SET " CHANGING(COLUMN_IS_PARAMETER, ", ") " WHERE id = ?";
static const char live_resources[] =
	"SELECT NULL, " NAMES ", (SELECT use_stack FROM connection c WHERE c.id = resource.connection)"
	" FROM resource WHERE process = ? ORDER BY id";

static void bind_changing(const struct rows *rows, sqlite3_stmt *stmt, const struct fold_resource *resource)
{
	sqlite3_bind_int64(stmt, COLUMN_status, resource->status);
	if (resource->kind != KIND_TRANSACTION) {
		sqlite3_bind_int64(stmt, COLUMN_idle_ns, 0);
		return;
	}
	bind_time(rows, stmt, COLUMN_used_ns, resource->used);
	bind_bounded(stmt, COLUMN_idle_ns, resource->idle_ns);
	if (resource->idle_ns != 0)
		bind_stack(rows, stmt, COLUMN_idle_stack, resource->idle_stack);
}

static int add_resource(struct rows *rows, struct fold_resource *resource)
{
	sqlite3_stmt *stmt = statement(&rows->statements, insert);
	bind_changing(rows, stmt, resource);
	sqlite3_bind_int64(stmt, COLUMN_process, rows->process);
	sqlite3_bind_text(stmt, COLUMN_kind, kind_name(resource->kind), -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, COLUMN_address, (int64_t)resource->address);
	bind_row(stmt, COLUMN_connection, resource->connection);
	sqlite3_bind_int64(stmt, COLUMN_thread, resource->thread);
	bind_time(rows, stmt, COLUMN_acquired_ns, resource->acquired);
	bind_text(rows, stmt, COLUMN_acquire_function, resource->function, "");
	bind_stack(rows, stmt, COLUMN_acquire_stack, resource->stack);
	bind_statement(rows, stmt, COLUMN_statement, &resource->statement);
	sqlite3_bind_int64(stmt, COLUMN_rows, resource->rows);
	sqlite3_bind_int64(stmt, COLUMN_bytes, (int64_t)resource->bytes);
	int rc = statement_run(&rows->statements, stmt);
	resource->row = sqlite3_last_insert_rowid(rows->statements.db);
	return rc;
}

static int update_resource(struct rows *rows, const struct fold_resource *resource)
{
	sqlite3_stmt *stmt = statement(&rows->statements, update);
	bind_changing(rows, stmt, resource);
	sqlite3_bind_int64(stmt, COLUMN_id, resource->row);
	return statement_run(&rows->statements, stmt);
}

static int delete_resource(struct rows *rows, int64_t row)
{
	sqlite3_stmt *stmt = statement(&rows->statements, "DELETE FROM resource WHERE id = ?1");
	sqlite3_bind_int64(stmt, 1, row);
	return statement_run(&rows->statements, stmt);
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

/* Those that have a row already; they change only when their connection is used. */
static int update_changed(struct rows *rows, struct fold *fold)
{
	static const enum resource_kind kinds[] = {KIND_TRANSACTION, KIND_QUERY};
	int rc = SQLITE_OK;
	const uint32_t *touched = fold->touched.items;
	for (uint32_t i = 0; i < fold->touched.count; i++)
		for (size_t k = 0; k < sizeof kinds / sizeof kinds[0] && rc == SQLITE_OK; k++) {
			uint32_t open = fold_connection(fold, touched[i])->held[kinds[k]].first;
			if (open != 0 && fold_resource(fold, open)->row != 0)
				rc = update_resource(rows, fold_resource(fold, open));
		}
	return rc;
}

int resources_save(struct rows *rows, struct fold *fold)
{
	int rc = update_changed(rows, fold);
	const int64_t *gone = fold->gone_resources.items;
	for (uint32_t i = 0; i < fold->gone_resources.count && rc == SQLITE_OK; i++)
		rc = delete_resource(rows, gone[i]);
	return rc == SQLITE_OK ? add_unsaved(rows, fold) : rc;
}

/* Only what the fold needs to go on; the rest stays in the row. */
static struct fold_resource read_resource(const struct rows *rows, const struct map *stacks, sqlite3_stmt *row)
{
	return (struct fold_resource){
		.row = sqlite3_column_int64(row, COLUMN_id),
		.address = (uint64_t)sqlite3_column_int64(row, COLUMN_address),
		.kind = kind_named((const char *)sqlite3_column_text(row, COLUMN_kind)),
		.connection = sqlite3_column_int64(row, COLUMN_connection),
		.status = (uint8_t)sqlite3_column_int(row, COLUMN_status),
		.acquired = column_time(rows, row, COLUMN_acquired_ns),
		.stack = column_stack(stacks, row, COLUMN_acquire_stack),
		.used = column_time(rows, row, COLUMN_used_ns),
		.idle_ns = (uint64_t)sqlite3_column_int64(row, COLUMN_idle_ns),
		.idle_stack = column_stack(stacks, row, COLUMN_idle_stack),
		.use_stack = column_stack(stacks, row, COLUMN_use_stack),
	};
}

int resources_load(struct rows *rows, struct fold *fold, const struct map *stacks, const struct map *indexes)
{
	sqlite3_stmt *row = statement(&rows->statements, live_resources);
	sqlite3_bind_int64(row, 1, rows->process);
	int rc;
	while ((rc = statement_step(&rows->statements, row)) == SQLITE_ROW) {
		struct fold_resource resource = read_resource(rows, stacks, row);
		const uint32_t *index = NULL;
		if (resource.connection != 0)
			index = map_find(indexes, (uint64_t)resource.connection);
		if (!fold_restore_resource(fold, &resource, index != NULL ? *index : 0)) {
			rc = SQLITE_NOMEM;
			break;
		}
	}
	sqlite3_reset(row);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
