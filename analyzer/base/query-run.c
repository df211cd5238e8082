// SPDX-License-Identifier: PostgreSQL
/*
 * query-run.c - runs a text of SQL, one statement after the other, and only those that something can come of; see
 * query.h.
 *
 * Called by all that have more than one statement, or a file of them.  To prepare
 * a statement costs far more than to run it on a small trace, so a comment in front
 * of it may say when it is worth it.
 */
#include "analyzer/base/query.h"

#include <string.h>

static const char only_if[] = "-- only if ";

/* What stands between statements.  *ret_condition: what such a comment says, to the end of its line, or NULL. */
static const char *skip_comments(const char *sql, const char **ret_condition)
{
	*ret_condition = NULL;
	for (;;) {
		sql += strspn(sql, " \t\n;");
		if (strncmp(sql, "--", 2) != 0)
			return sql;
		if (strncmp(sql, only_if, strlen(only_if)) == 0)
			*ret_condition = sql + strlen(only_if);
		sql += strcspn(sql, "\n");
	}
}

/* Where the statement ends that begins here: behind its semicolon, or with the text. */
static const char *skip_statement(const char *sql)
{
	for (;;) {
		sql += strcspn(sql, ";'\"-");
		if (*sql == '\0')
			return sql;
		if (*sql == ';')
			return sql + 1;
		if (sql[0] == '-' && sql[1] == '-')
			sql += strcspn(sql, "\n");
		else if (*sql == '-' || (sql = strchr(sql + 1, *sql)) != NULL)
			sql++;
		else
			return "";
	}
}

static bool holds(sqlite3 *db, const char *condition, bool *ret_failed)
{
	int length = (int)strcspn(condition, "\n");
	char *sql = sqlite3_mprintf("SELECT %.*s", length, condition);
	sqlite3_stmt *row = sql != NULL ? query_prepare_part(db, sql, (int)strlen(sql)) : NULL;
	bool does = query_next(row, ret_failed) && sqlite3_column_int(row, 0) != 0;

	sqlite3_finalize(row);
	sqlite3_free(sql);
	return does;
}

static bool run_one(sqlite3 *db, const char *sql, int length)
{
	sqlite3_stmt *statement = query_prepare_part(db, sql, length);
	bool failed = false;

	while (query_next(statement, &failed))
		continue;
	sqlite3_finalize(statement);
	return !failed;
}

bool query_run(sqlite3 *db, const char *sql)
{
	const char *condition;
	bool failed = false;

	for (sql = skip_comments(sql, &condition); !failed && *sql != '\0'; sql = skip_comments(sql, &condition)) {
		const char *end = skip_statement(sql);
		if (condition == NULL || holds(db, condition, &failed))
			failed = failed || !run_one(db, sql, (int)(end - sql));
		sql = end;
	}
	return !failed;
}

bool query_drop(sqlite3 *db, const char *names)
{
	QUERY_CLEANUP row = query_with(db,
								   "SELECT group_concat(printf('DROP %s temp.%s;', type, name), '')"
								   " FROM sqlite_temp_schema WHERE type IN ('table', 'view')"
								   " AND instr(' ' || ? || ' ', ' ' || name || ' ') > 0",
								   AS_TEXT(names));
	bool failed = false;
	char *sql = query_next(row, &failed) ? sqlite3_mprintf("%s", query_text(row, 0)) : NULL;

	sqlite3_reset(row);
	bool done = !failed && sql != NULL && query_run(db, sql);
	sqlite3_free(sql);
	return done;
}
