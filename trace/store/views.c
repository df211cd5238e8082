// SPDX-License-Identifier: PostgreSQL
/*
 * views.c - the views of a trace that is read: those that its shim did not store, and this build's own.
 *
 * Called by the analyzer; a shim needs none of it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "trace/store/failure.h"
#include "trace/store/trace.h"

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

static struct trace_view views[TRACE_VIEWS];
static size_t view_count, view_kept; /* the second: those that a shim stores */

static void find_all(const char *text)
{
	static const char begin[] = "CREATE TEMP VIEW IF NOT EXISTS ";
	const char *end;

	for (; (text = strstr(text, begin)) != NULL && view_count < TRACE_VIEWS; text = end) {
		struct trace_view *view = &views[view_count];
		*view = (struct trace_view){.statement = text, .name = text + strlen(begin)};
		view->name_length = (int)strcspn(view->name, " ");
		view->query = strstr(view->name, " AS\n");
		end = statement_end(text);
		if (view->query == NULL || end == NULL)
			return;
		view->query += strlen(" AS\n");
		view->query_length = (int)(end - view->query);
		view->statement_length = (int)(end - text);
		view_count++;
	}
}

const struct trace_view *trace_view_find(const char *name, size_t length, size_t *ret_number)
{
	if (view_count == 0) {
		find_all(trace_views_shadow_sql);
		view_kept = view_count;
		find_all(trace_views_driver_shadow_sql);
		find_all(trace_views_manner_shadow_sql);
		find_all(trace_views_report_shadow_sql);
	}
	for (size_t i = 0; i < view_count; i++)
		if ((size_t)views[i].name_length == length && memcmp(views[i].name, name, length) == 0) {
			if (ret_number != NULL)
				*ret_number = i;
			return &views[i];
		}
	return NULL;
}

/* By SQLite itself, which tells whoever has the trace open that its schema is another one now. */
static int create_last(sqlite3 *db)
{
	const struct trace_view *view = &views[view_count - 1];
	int from_name = (int)(view->name - view->statement);
	char *sql = sqlite3_mprintf("CREATE VIEW main.%.*s", view->statement_length - from_name, view->name);
	int rc = sql != NULL ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;

	sqlite3_free(sql);
	return rc;
}

/*
 * As CREATE VIEW would, but SQLite parses each only when it opens the trace again: that takes as long as the report of
 * a small one.  A test holds that what is stored is the same.
 */
static int store(sqlite3 *db)
{
	static const char add[] = "INSERT INTO main.sqlite_schema VALUES ('view', ?1, ?1, 0, 'CREATE VIEW ' || ?2)";
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, add, -1, &stmt, NULL);
	for (size_t i = view_kept; i + 1 < view_count && rc == SQLITE_OK; i++) {
		int from_name = (int)(views[i].name - views[i].statement);
		sqlite3_bind_text(stmt, 1, views[i].name, views[i].name_length, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, views[i].name, views[i].statement_length - from_name, SQLITE_STATIC);
		rc = sqlite3_step(stmt) == SQLITE_DONE ? SQLITE_OK : SQLITE_ERROR;
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_OK ? create_last(db) : rc;
}

/* For that, and for no longer. */
static void let_schema_be_written(sqlite3 *db, bool let)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, !let, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, let, NULL);
}

void trace_store_views(sqlite3 *db)
{
	if (has_report_views(db) || sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return;
	trace_view_find("", 0, NULL);
	let_schema_be_written(db, true);
	int rc = store(db);
	let_schema_be_written(db, false);
	sqlite3_exec(db, rc == SQLITE_OK ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL);
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}
