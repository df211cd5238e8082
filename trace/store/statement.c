// SPDX-License-Identifier: PostgreSQL
/* statement.c - see statement.h. */
#include "trace/store/statement.h"

struct prepared {
	const char *sql;
	sqlite3_stmt *stmt;
};

int statement(struct statements *statements, const char *sql, sqlite3_stmt **ret)
{
	struct prepared *prepared = statements->prepared.items;
	for (uint32_t i = 0; i < statements->prepared.count; i++) {
		if (prepared[i].sql == sql) {
			*ret = prepared[i].stmt;
			return sqlite3_clear_bindings(*ret);
		}
	}
	prepared = array_add(&statements->prepared, sizeof *prepared);
	if (prepared == NULL)
		return SQLITE_NOMEM;
	*prepared = (struct prepared){.sql = sql};
	int rc = sqlite3_prepare_v2(statements->db, sql, -1, &prepared->stmt, NULL);
	if (rc != SQLITE_OK)
		statements->prepared.count--;
	*ret = prepared->stmt;
	return rc;
}

int statement_pair(struct statements *statements, const char *find, const char *add, sqlite3_stmt *ret[2])
{
	int rc = statement(statements, find, &ret[0]);
	return rc == SQLITE_OK ? statement(statements, add, &ret[1]) : rc;
}

int statement_run(sqlite3_stmt *stmt)
{
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		;
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int statement_number(sqlite3_stmt *stmt, int64_t *ret)
{
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return rc;
}

int statement_find_or_add(struct statements *statements, sqlite3_stmt *const pair[2], int64_t *ret, bool *ret_is_new)
{
	int rc = statement_number(pair[0], ret);
	if (ret_is_new != NULL)
		*ret_is_new = rc == SQLITE_DONE;
	if (rc == SQLITE_ROW)
		return SQLITE_OK;
	if (rc != SQLITE_DONE)
		return rc;
	rc = statement_run(pair[1]);
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
