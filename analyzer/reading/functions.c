// SPDX-License-Identifier: PostgreSQL
/*
 * functions.c - the analyzer's own SQL functions and views; see functions.h.
 */
#include "analyzer/reading/functions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/reading/thread.h"
#include "analyzer/words/function-name.h"
#include "analyzer/words/kinds.h"
#include "trace/base/event.h"
#include "trace/base/libpq-status.h"
#include "trace/base/printable.h"

extern const char open_sql[];

#define SQL_FUNCTION(name)                                                                                             \
	static void sql_##name(sqlite3_context *context, __attribute__((unused)) int count, sqlite3_value **values)

/* "": it is NULL. */
static const char *text_of(sqlite3_value *value)
{
	const char *text = (const char *)sqlite3_value_text(value);

	return text != NULL ? text : "";
}

/* basename(path): what follows its last slash. */
SQL_FUNCTION(basename)
{
	const char *path = (const char *)sqlite3_value_text(values[0]);
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;

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

/*
 * thread_lives(host, pid, exe, thread): whether that thread of a running process does.  NULL: nobody knows, because it
 * is not of this host or cannot be looked at.
 */
SQL_FUNCTION(thread_lives)
{
	char host[256] = "", path[64], exe[4096];
	int pid = sqlite3_value_int(values[1]);

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	ssize_t length = readlink(path, exe, sizeof exe - 1);
	if (gethostname(host, sizeof host - 1) != 0 || strcmp(host, text_of(values[0])) != 0 || length < 0)
		return;
	exe[length] = '\0';
	if (strcmp(exe, text_of(values[2])) != 0) /* the number means another one in our pid namespace */
		return;
	snprintf(path, sizeof path, "/proc/%d/task/%lld", pid, sqlite3_value_int64(values[3]));
	if (access(path, F_OK) == 0)
		sqlite3_result_int(context, 1);
	else if (errno == ENOENT)
		sqlite3_result_int(context, 0);
}

/* short_name(function): see function-name.h. */
SQL_FUNCTION(short_name)
{
	sql_changed(context, values[0], shorten_name);
}

/* stable_name(function, language): see function-name.h. */
SQL_FUNCTION(stable_name)
{
	bool is_native = sqlite3_value_type(values[1]) == SQLITE_NULL;

	sql_changed(context, values[0], is_native ? stable_native_name : stable_script_name);
}

/* printable(text): see make_printable(). */
SQL_FUNCTION(printable)
{
	sql_changed(context, values[0], make_printable);
}

/* fingerprint(text) */
SQL_FUNCTION(fingerprint)
{
	char text[FINGERPRINT_TEXT];

	sqlite3_result_text(context, fingerprint(text, text_of(values[0])), -1, SQLITE_TRANSIENT);
}

/* is_start(function): whether every program or thread begins with it. */
SQL_FUNCTION(is_start)
{
	sqlite3_result_int(context, is_start_function(text_of(values[0])));
}

/* transaction_name(number): PGTransactionStatusType as the view connection_life calls it. */
SQL_FUNCTION(transaction_name)
{
	static const char *const names[] = {[TRANSACTION_IDLE] = "idle",
										[TRANSACTION_ACTIVE] = "active",
										[TRANSACTION_OPEN] = "in transaction",
										[TRANSACTION_FAILED] = "in failed transaction"};
	int status = sqlite3_value_int(values[0]);

	sqlite3_result_text(context, status >= TRANSACTION_IDLE && status < TRANSACTION_UNKNOWN ? names[status] : "unknown",
						-1, SQLITE_STATIC);
}

/* kind_rank(name): the order of kinds.def; what fails the check comes first. */
SQL_FUNCTION(kind_rank)
{
	sqlite3_result_int(context, (int)kind_find(text_of(values[0])));
}

/* kind_fails(name): see kinds.h. */
SQL_FUNCTION(kind_fails)
{
	sqlite3_result_int(context, kind_fails(kind_find(text_of(values[0]))));
}

/* misuse_by_design(name): whether it is a note rather than a misuse. */
SQL_FUNCTION(misuse_by_design)
{
	sqlite3_result_int(context, misuse_by_design(misuse_find(text_of(values[0]))));
}

/* result_is_failed(status): whether a result with this PQresultStatus says that its statement failed. */
SQL_FUNCTION(result_is_failed)
{
	sqlite3_result_int(context, result_is_failed((uint8_t)sqlite3_value_int(values[0])));
}

/* duration(ns): as format_duration. */
SQL_FUNCTION(duration)
{
	char text[DURATION_TEXT];

	sqlite3_result_text(context, format_duration(text, sqlite3_value_int64(values[0])), -1, SQLITE_TRANSIENT);
}

/* statement_keyword(text): the letters of its first word, in capitals: never more of it; NULL: it has none. */
SQL_FUNCTION(statement_keyword)
{
	const char *text = text_of(values[0]);
	char word[KEYWORD_LETTERS + 1];
	int length = 0;

	text += strspn(text, " \t\r\n(");
	for (; length < KEYWORD_LETTERS && ((text[length] | 32) >= 'a' && (text[length] | 32) <= 'z'); length++)
		word[length] = (char)(text[length] & ~32);
	if (length > 0)
		sqlite3_result_text(context, word, length, SQLITE_TRANSIENT);
}

/* thread_is_alive(pid, exe, thread): see thread.h. */
SQL_FUNCTION(thread_is_alive)
{
	int alive = thread_is_alive(sqlite3_value_int(values[0]), text_of(values[1]), sqlite3_value_int(values[2]));

	if (alive >= 0)
		sqlite3_result_int(context, alive);
}

/* noun(name, count): what so many of a kind of resource or of misuse are called; a later pqleak may know more kinds. */
SQL_FUNCTION(noun)
{
	const char *name = text_of(values[0]);

	sqlite3_result_text(context, any_noun(name, sqlite3_value_int64(values[1])), -1, SQLITE_TRANSIENT);
}

/* release_calls(kind): what gives it back. */
SQL_FUNCTION(release_calls)
{
	sqlite3_result_text(context, kind_release(kind_find(text_of(values[0]))), -1, SQLITE_STATIC);
}

/* verdict_words(kind, verdict): 'never cleared', 'open at death', ... */
SQL_FUNCTION(verdict_words)
{
	const char *words = verdict_words(kind_find(text_of(values[0])), verdict_find(text_of(values[1])));

	sqlite3_result_text(context, words, -1, SQLITE_STATIC);
}

/* uri_path(path): percent-encoded. */
SQL_FUNCTION(uri_path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	const char *path = (const char *)sqlite3_value_text(values[0]);
	sqlite3_str *text = path != NULL ? sqlite3_str_new(NULL) : NULL;

	if (text == NULL)
		return;
	for (; *path != '\0'; path++)
		if (strchr(plain, *path) != NULL)
			sqlite3_str_appendchar(text, 1, *path);
		else
			sqlite3_str_appendf(text, "%%%02X", (unsigned char)*path);
	sqlite3_result_text(context, sqlite3_str_finish(text), -1, sqlite3_free);
}

static const struct {
	const char *name;
	int values;
	void (*function)(sqlite3_context *context, int count, sqlite3_value **values);
} functions[] = {
	{"basename", 1, sql_basename},
	{"duration", 1, sql_duration},
	{"fingerprint", 1, sql_fingerprint},
	{"is_start", 1, sql_is_start},
	{"kind_fails", 1, sql_kind_fails},
	{"kind_rank", 1, sql_kind_rank},
	{"misuse_by_design", 1, sql_misuse_by_design},
	{"noun", 2, sql_noun},
	{"printable", 1, sql_printable},
	{"release_calls", 1, sql_release_calls},
	{"result_is_failed", 1, sql_result_is_failed},
	{"short_name", 1, sql_short_name},
	{"thread_lives", 4, sql_thread_lives},
	{"stable_name", 2, sql_stable_name},
	{"statement_keyword", 1, sql_statement_keyword},
	{"thread_is_alive", 3, sql_thread_is_alive},
	{"transaction_name", 1, sql_transaction_name},
	{"uri_path", 1, sql_uri_path},
	{"verdict_words", 2, sql_verdict_words},
};

bool functions_add(sqlite3 *db)
{
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
		if (sqlite3_create_function(db, functions[i].name, functions[i].values, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
									NULL, functions[i].function, NULL, NULL) != SQLITE_OK)
			return refuse("cannot prepare the trace: %s", sqlite3_errmsg(db));
	return query_run(db, open_sql);
}
