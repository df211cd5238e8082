// SPDX-License-Identifier: PostgreSQL
/*
 * functions.c - the analyzer's own SQL functions and views; see functions.h.
 */
#include "analyzer/reading/functions.h"

#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/words/function-name.h"
#include "analyzer/words/kinds.h"
#include "trace/base/libpq-status.h"

extern const char open_sql[];

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

/* What `change` makes in place of the text. */
static void sql_changed(sqlite3_context *context, sqlite3_value *value, void (*change)(char *))
{
	const char *text = (const char *)sqlite3_value_text(value);
	char *copy = text != NULL ? sqlite3_mprintf("%s", text) : NULL;
	if (copy == NULL)
		return;
	change(copy);
	sqlite3_result_text(context, copy, -1, sqlite3_free);
}

/* short_name(function): see function-name.h. */
static void sql_short_name(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	sql_changed(context, values[0], shorten_name);
}

/* stable_name(function, language): see function-name.h. */
static void sql_stable_name(sqlite3_context *context, int count, sqlite3_value **values)
{
	bool is_native = sqlite3_value_type(values[1]) == SQLITE_NULL;

	(void)count;
	sql_changed(context, values[0], is_native ? stable_native_name : stable_script_name);
}

/* printable(text): see make_printable(). */
static void sql_printable(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	sql_changed(context, values[0], make_printable);
}

/* fingerprint(text) */
static void sql_fingerprint(sqlite3_context *context, int count, sqlite3_value **values)
{
	char text[FINGERPRINT_TEXT];

	(void)count;
	const char *of = (const char *)sqlite3_value_text(values[0]);
	if (of != NULL)
		sqlite3_result_text(context, fingerprint(text, of), -1, SQLITE_TRANSIENT);
}

/* is_start(function): whether every program or thread begins with it. */
static void sql_is_start(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *function = (const char *)sqlite3_value_text(values[0]);
	sqlite3_result_int(context, function != NULL && is_start_function(function));
}

/* transaction_name(number): PGTransactionStatusType as the view connection_life calls it. */
static void sql_transaction_name(sqlite3_context *context, int count, sqlite3_value **values)
{
	static const char *const names[] = {[TRANSACTION_IDLE] = "idle",
										[TRANSACTION_ACTIVE] = "active",
										[TRANSACTION_OPEN] = "in transaction",
										[TRANSACTION_FAILED] = "in failed transaction"};
	int status = sqlite3_value_int(values[0]);

	(void)count;
	sqlite3_result_text(context, status >= TRANSACTION_IDLE && status < TRANSACTION_UNKNOWN ? names[status] : "unknown",
						-1, SQLITE_STATIC);
}

/* kind_rank(name): the order of kinds.def; what fails the check comes first. */
static void sql_kind_rank(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *name = (const char *)sqlite3_value_text(values[0]);
	sqlite3_result_int(context, name != NULL ? (int)kind_find(name) : KIND_NONE);
}

/* kind_fails(name): see kinds.h. */
static void sql_kind_fails(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *name = (const char *)sqlite3_value_text(values[0]);
	sqlite3_result_int(context, name != NULL && kind_fails(kind_find(name)));
}

/* misuse_by_design(name): whether it is a note rather than a misuse. */
static void sql_misuse_by_design(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *name = (const char *)sqlite3_value_text(values[0]);
	sqlite3_result_int(context, name != NULL && misuse_by_design(misuse_find(name)));
}

/* duration(ns): as format_duration. */
static void sql_duration(sqlite3_context *context, int count, sqlite3_value **values)
{
	char text[DURATION_TEXT];

	(void)count;
	sqlite3_result_text(context, format_duration(text, sqlite3_value_int64(values[0])), -1, SQLITE_TRANSIENT);
}

/* kind_noun(name): its plural. */
static void sql_kind_noun(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *name = (const char *)sqlite3_value_text(values[0]);
	enum resource_kind kind = name != NULL ? kind_find(name) : KIND_NONE;
	if (kind != KIND_NONE)
		sqlite3_result_text(context, kind_noun(kind, 0), -1, SQLITE_STATIC);
	else
		sqlite3_result_value(context, values[0]);
}

/* misuse_noun(name, count) */
static void sql_misuse_noun(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *name = (const char *)sqlite3_value_text(values[0]);
	enum misuse_kind kind = name != NULL ? misuse_find(name) : MISUSE_NONE;
	if (kind != MISUSE_NONE)
		sqlite3_result_text(context, misuse_noun(kind, sqlite3_value_int64(values[1])), -1, SQLITE_STATIC);
	else
		sqlite3_result_value(context, values[0]);
}

/* resource_noun(kind, count) */
static void sql_resource_noun(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *name = (const char *)sqlite3_value_text(values[0]);
	if (name != NULL)
		sqlite3_result_text(context, kind_noun(kind_find(name), sqlite3_value_int64(values[1])), -1, SQLITE_STATIC);
}

/* release_calls(kind): what gives it back. */
static void sql_release_calls(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *name = (const char *)sqlite3_value_text(values[0]);
	if (name != NULL)
		sqlite3_result_text(context, kind_release(kind_find(name)), -1, SQLITE_STATIC);
}

/* verdict_words(kind, verdict): 'never cleared', 'open at death', ... */
static void sql_verdict_words(sqlite3_context *context, int count, sqlite3_value **values)
{
	(void)count;
	const char *name = (const char *)sqlite3_value_text(values[0]);
	const char *verdict = (const char *)sqlite3_value_text(values[1]);
	if (name != NULL && verdict != NULL)
		sqlite3_result_text(context, verdict_words(kind_find(name), verdict_find(verdict)), -1, SQLITE_STATIC);
}

/* uri_path(path): percent-encoded. */
static void sql_uri_path(sqlite3_context *context, int count, sqlite3_value **values)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	const char *path = (const char *)sqlite3_value_text(values[0]);
	sqlite3_str *text = path != NULL ? sqlite3_str_new(NULL) : NULL;

	(void)count;
	if (text == NULL)
		return;
	for (; *path != '\0'; path++)
		if (strchr(plain, *path) != NULL)
			sqlite3_str_appendchar(text, 1, *path);
		else
			sqlite3_str_appendf(text, "%%%02X", (unsigned char)*path);
	sqlite3_result_text(context, sqlite3_str_finish(text), -1, sqlite3_free);
}

static bool add(sqlite3 *db, const char *name, int values, void (*function)(sqlite3_context *, int, sqlite3_value **))
{
	return sqlite3_create_function(db, name, values, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, function, NULL, NULL) ==
		   SQLITE_OK;
}

bool functions_add(sqlite3 *db)
{
	if (!add(db, "basename", 1, sql_basename) || !add(db, "short_name", 1, sql_short_name) ||
		!add(db, "is_start", 1, sql_is_start) || !add(db, "transaction_name", 1, sql_transaction_name) ||
		!add(db, "kind_rank", 1, sql_kind_rank) || !add(db, "kind_fails", 1, sql_kind_fails) ||
		!add(db, "kind_noun", 1, sql_kind_noun) || !add(db, "misuse_by_design", 1, sql_misuse_by_design) ||
		!add(db, "misuse_noun", 2, sql_misuse_noun) || !add(db, "duration", 1, sql_duration) ||
		!add(db, "stable_name", 2, sql_stable_name) || !add(db, "fingerprint", 1, sql_fingerprint) ||
		!add(db, "resource_noun", 2, sql_resource_noun) || !add(db, "release_calls", 1, sql_release_calls) ||
		!add(db, "verdict_words", 2, sql_verdict_words) || !add(db, "uri_path", 1, sql_uri_path) ||
		!add(db, "printable", 1, sql_printable))
		return refuse("cannot prepare the trace: %s", sqlite3_errmsg(db));
	return query_run(db, open_sql);
}
