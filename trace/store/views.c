// SPDX-License-Identifier: PostgreSQL
/*
 * views.c - the views of a trace that is read: those that its shim did not store, and this build's own.
 *
 * Called by the analyzer; a shim needs none of it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "trace/store/failure.h"

extern const char trace_views_driver_sql[], trace_views_manner_sql[], trace_views_report_sql[];
/* As the files have them, but TEMP; made by embed-sql. */
extern const char trace_views_shadow_sql[], trace_views_driver_shadow_sql[], trace_views_manner_shadow_sql[],
	trace_views_report_shadow_sql[];

/* By name: to prepare a view takes longer than to read most traces. */
static bool has_report_views(sqlite3 *db)
{
	static const char query[] = "SELECT 1 FROM main.sqlite_schema WHERE type = 'view' AND name = 'misuse_site'";
	sqlite3_stmt *stmt = NULL;
	bool has = sqlite3_prepare_v2(db, query, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW;
	sqlite3_finalize(stmt);
	return has;
}

void trace_store_views(sqlite3 *db)
{
	if (has_report_views(db) || sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return;
	int rc = sqlite3_exec(db, trace_views_driver_sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, trace_views_manner_sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, trace_views_report_sql, NULL, NULL, NULL);
	sqlite3_exec(db, rc == SQLITE_OK ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL);
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}

enum trace_error trace_shadow_views(sqlite3 *db, struct trace_failure *failure)
{
	int rc = sqlite3_exec(db, trace_views_shadow_sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, trace_views_driver_shadow_sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, trace_views_manner_shadow_sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, trace_views_report_shadow_sql, NULL, NULL, NULL);
	const char *path = sqlite3_db_filename(db, "main");
	return trace_fail_sqlite(failure, db, rc, path != NULL ? path : "");
}

/* Where the statement ends: a blank line follows, or nothing. */
static const char *statement_end(const char *sql)
{
	while ((sql = strstr(sql, ";\n")) != NULL && sql[2] != '\n' && sql[2] != '\0')
		sql += 2;
	return sql;
}

const char *trace_view_query(const char *name, int *ret_length)
{
	const char *const texts[] = {trace_views_shadow_sql, trace_views_driver_shadow_sql, trace_views_manner_shadow_sql,
								 trace_views_report_shadow_sql};
	char begin[128];

	snprintf(begin, sizeof begin, "CREATE TEMP VIEW IF NOT EXISTS %s AS\n", name);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		const char *query = strstr(texts[i], begin);
		const char *end = query != NULL ? statement_end(query) : NULL;
		if (end == NULL)
			continue;
		query += strlen(begin);
		*ret_length = (int)(end - query);
		return query;
	}
	return NULL;
}
