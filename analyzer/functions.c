// SPDX-License-Identifier: PostgreSQL
/*
 * functions.c - the analyzer's own SQL functions and views; see functions.h.
 */
#include "analyzer/functions.h"

#include <string.h>

#include "analyzer/kinds.h"
#include "analyzer/message.h"
#include "analyzer/query.h"
#include "analyzer/short-name.h"
#include "analyzer/statements.h"

/* basename(path): what follows its last slash. */
static void sql_basename(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *path = (const char *)sqlite3_value_text(values[0]);
	if (path == NULL)
		return;
	const char *slash = strrchr(path, '/');
	sqlite3_result_text(context, slash != NULL ? slash + 1 : path, -1, SQLITE_TRANSIENT);
}

/* short_name(function): see short-name.h. */
static void sql_short_name(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *name = (const char *)sqlite3_value_text(values[0]);
	char *copy = name != NULL ? sqlite3_mprintf("%s", name) : NULL;
	if (copy == NULL)
		return;
	shorten_name(copy);
	sqlite3_result_text(context, copy, -1, sqlite3_free);
}

/* transaction_name(number): PGTransactionStatusType as the view connection_life calls it. */
static void sql_transaction_name(sqlite3_context *context, int count, sqlite3_value **values)
{
	static const char *const names[] = {"idle", "active", "in transaction", "in failed transaction"};
	int status = sqlite3_value_int(values[0]);

	(void)count;
	sqlite3_result_text(context, status >= 0 && status < 4 ? names[status] : "unknown", -1, SQLITE_STATIC);
}

/* kind_rank(name): the order of kinds.def; what fails the check comes first. */
static void sql_kind_rank(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *name = (const char *)sqlite3_value_text(values[0]);
	sqlite3_result_int(context, name != NULL ? (int)kind_find(name) : KIND_NONE);
}

static bool add(sqlite3 *db, const char *name, void (*function)(sqlite3_context *, int, sqlite3_value **))
{
	return sqlite3_create_function(db, name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, function, NULL, NULL) ==
		   SQLITE_OK;
}

bool functions_add(sqlite3 *db)
{
	if (!add(db, "basename", sql_basename) || !add(db, "short_name", sql_short_name) ||
		!add(db, "transaction_name", sql_transaction_name) || !add(db, "kind_rank", sql_kind_rank))
		return fail(false, "cannot prepare the trace: %s", sqlite3_errmsg(db));
	return query_run(db, calls_sql);
}
