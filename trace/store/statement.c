// SPDX-License-Identifier: PostgreSQL
/* statement.c - see statement.h. */
#include "trace/store/statement.h"

struct prepared {
	const char *sql;
	sqlite3_stmt *stmt;
};

sqlite3_stmt *statement(struct statements *statements, const char *sql)
{
	struct prepared *prepared = statements->prepared.items;
	for (uint32_t i = 0; i < statements->prepared.count; i++) {
		if (prepared[i].sql == sql) {
			sqlite3_clear_bindings(prepared[i].stmt);
			return prepared[i].stmt;
		}
	}
	prepared = array_add(&statements->prepared, sizeof *prepared);
	if (prepared == NULL) {
		statements->failure = SQLITE_NOMEM;
		return NULL;
	}
	*prepared = (struct prepared){.sql = sql};
	int rc = sqlite3_prepare_v2(statements->db, sql, -1, &prepared->stmt, NULL);
	if (rc != SQLITE_OK) {
		statements->failure = rc;
		statements->prepared.count--;
	}
	return prepared->stmt;
}

int statement_step(const struct statements *statements, sqlite3_stmt *stmt)
{
	return stmt != NULL ? sqlite3_step(stmt) : statements->failure;
}

int statement_run(const struct statements *statements, sqlite3_stmt *stmt)
{
	int rc;
	while ((rc = statement_step(statements, stmt)) == SQLITE_ROW)
		;
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int statement_number(const struct statements *statements, sqlite3_stmt *stmt, int64_t *ret)
{
	int rc = statement_step(statements, stmt);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return rc;
}

int statement_find_or_add(const struct statements *statements, sqlite3_stmt *find, sqlite3_stmt *add, int64_t *ret,
						  bool *ret_is_new)
{
	int rc = statement_number(statements, find, ret);
	if (ret_is_new != NULL)
		*ret_is_new = rc == SQLITE_DONE;
	if (rc != SQLITE_DONE)
		return rc == SQLITE_ROW ? SQLITE_OK : rc;
	rc = statement_run(statements, add);
	*ret = sqlite3_last_insert_rowid(statements->db);
	return rc;
}

void statements_done(struct statements *statements)
{
	const struct prepared *prepared = statements->prepared.items;
	for (uint32_t i = 0; i < statements->prepared.count; i++)
		sqlite3_finalize(prepared[i].stmt);
	array_done(&statements->prepared);
}

int statement_once(sqlite3 *db, const char *query, int64_t *ret)
{
	struct statements once = {.db = db};
	int rc = statement_number(&once, statement(&once, query), ret);
	statements_done(&once);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}
