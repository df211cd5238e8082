// SPDX-License-Identifier: PostgreSQL
/* rows-stack.c - see rows-stack.h. */
#include "trace/store/rows-stack.h"

#include <endian.h>

int frame_store(struct statements *statements, int64_t module, uint64_t offset, int64_t script, int64_t *ret)
{
	static const char find[] =
		"SELECT id FROM frame WHERE ifnull(module, 0) = ?1 AND \"offset\" = ?2 AND ifnull(script, 0) = ?3";
	static const char add[] =
		"INSERT INTO frame (module, \"offset\", script) VALUES (nullif(?1, 0), ?2, nullif(?3, 0))";
	sqlite3_stmt *stmt[2];
	int rc = statement_pair(statements, find, add, stmt);
	if (rc != SQLITE_OK)
		return rc;
	for (int i = 0; i < 2; i++) {
		sqlite3_bind_int64(stmt[i], 1, module);
		sqlite3_bind_int64(stmt[i], 2, (int64_t)offset);
		sqlite3_bind_int64(stmt[i], 3, script);
	}
	return statement_find_or_add(statements, stmt, ret, NULL);
}

static int store_stack_frames(struct statements *statements, int64_t stack, const int64_t *frames, uint32_t count)
{
	sqlite3_stmt *stmt;
	int rc = statement(statements, "INSERT INTO stack_frame (stack, level, frame) VALUES (?1, ?2, ?3)", &stmt);
	for (uint32_t level = 0; level < count && rc == SQLITE_OK; level++) {
		sqlite3_bind_int64(stmt, 1, stack);
		sqlite3_bind_int64(stmt, 2, level);
		sqlite3_bind_int64(stmt, 3, frames[level]);
		rc = statement_run(stmt);
	}
	return rc;
}

int stack_store(struct statements *statements, const int64_t *frames, uint32_t count, int64_t *ret)
{
	sqlite3_stmt *stmt[2];
	bool is_new = false;
	int rc = statement_pair(statements, "SELECT id FROM stack WHERE frames = ?1",
							"INSERT INTO stack (frames) VALUES (?1)", stmt);
	if (rc != SQLITE_OK)
		return rc;
	uint64_t *identity = sqlite3_malloc64(count * sizeof *identity);
	if (identity == NULL)
		return SQLITE_NOMEM;
	for (uint32_t i = 0; i < count; i++)
		identity[i] = htole64((uint64_t)frames[i]);
	for (int i = 0; i < 2; i++)
		sqlite3_bind_blob64(stmt[i], 1, identity, count * sizeof *identity, SQLITE_STATIC);
	rc = statement_find_or_add(statements, stmt, ret, &is_new);
	sqlite3_free(identity);
	if (rc == SQLITE_OK && is_new)
		rc = store_stack_frames(statements, *ret, frames, count);
	return rc;
}
