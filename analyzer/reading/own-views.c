// SPDX-License-Identifier: PostgreSQL
/*
 * own-views.c - views made when they are first named; see own-views.h.
 *
 * A stage may put a table in the place of a view, and drop it again: what a
 * statement creates and drops is followed, too.
 */
#include "analyzer/reading/own-views.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "analyzer/base/query.h"
#include "trace/store/trace.h"

static sqlite3 *watched;
static bool there[TRACE_VIEWS]; /* the view, or a table in its place */

/* What a word says of the name that follows. */
enum role { NOTHING, READ, MADE, DROPPED };

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define WORD LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"

static bool is_word(const char *word, size_t length, const char *text)
{
	return strlen(text) == length && memcmp(word, text, length) == 0;
}

/* What lies between words; `to` the end. */
static const char *skip_to_word(const char *sql, const char *to, enum role *role)
{
	while (sql < to && strchr(WORD, *sql) == NULL) {
		if (*sql == '\'' || *sql == '"') {
			const char *end = memchr(sql + 1, *sql, (size_t)(to - sql) - 1);
			sql = end != NULL ? end : to - 1;
			*role = NOTHING;
		} else if (sql[0] == '-' && sql + 1 < to && sql[1] == '-') {
			const char *end = memchr(sql, '\n', (size_t)(to - sql));
			sql = end != NULL ? end : to - 1;
		} else if (strchr(" \t\n.", *sql) == NULL) {
			*role = NOTHING;
		}
		sql++;
	}
	return sql;
}

static bool see(sqlite3 *db, const char *sql, int length);

static bool make(const struct trace_view *view)
{
	sqlite3_stmt *statement = NULL;

	if (!see(watched, view->query, view->query_length) ||
		sqlite3_prepare_v2(watched, view->statement, view->statement_length, &statement, NULL) != SQLITE_OK)
		return false;
	int code = sqlite3_step(statement);
	sqlite3_finalize(statement);
	return code == SQLITE_DONE;
}

/* A name, in its role. */
static bool meet(const char *name, size_t length, enum role role)
{
	size_t number = 0;
	const struct trace_view *view = trace_view_find(name, length, &number);

	if (view == NULL)
		return true;
	bool makes = role == READ && !there[number];
	there[number] = role != DROPPED;
	return !makes || make(view);
}

static enum role role_after(const char *word, size_t length, bool drops)
{
	if (is_word(word, length, "FROM") || is_word(word, length, "JOIN") || is_word(word, length, "IN"))
		return READ;
	if (is_word(word, length, "TABLE") || is_word(word, length, "VIEW") || is_word(word, length, "table") ||
		is_word(word, length, "view"))
		return drops ? DROPPED : MADE;
	return NOTHING;
}

static bool see(sqlite3 *db, const char *sql, int length)
{
	const char *to = sql + length;
	enum role role = NOTHING;
	bool drops = strncmp(sql, "DROP", 4) == 0;

	while (db == watched && (sql = skip_to_word(sql, to, &role)) < to) {
		const char *word = sql;
		while (sql < to && strchr(WORD, *sql) != NULL)
			sql++;
		size_t letters = (size_t)(sql - word);
		if (role == NOTHING || strchr(LETTERS, *word) == NULL)
			role = role_after(word, letters, drops);
		else if (sql < to && *sql == '.')
			role = is_word(word, letters, "temp") ? role : NOTHING;
		else if (meet(word, letters, role))
			role = NOTHING;
		else
			return false;
	}
	return true;
}

/* What was made in a transaction is gone with it. */
static void forget(void *context)
{
	(void)context;
	memset(there, 0, sizeof there);
}

void own_views_begin(sqlite3 *db)
{
	watched = db;
	forget(NULL);
	sqlite3_rollback_hook(db, forget, NULL);
	query_watch(see);
}

void own_views_end(void)
{
	watched = NULL;
	query_watch(NULL);
}
