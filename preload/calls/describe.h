// SPDX-License-Identifier: PostgreSQL
/*
 * describe.h - what may be written down about a connection and a statement.
 *
 * Owns the promise that no password, no connection string and, by default, no
 * SQL literal is ever stored.
 */
#ifndef PQLEAK_PRELOAD_CALLS_DESCRIBE_H
#define PQLEAK_PRELOAD_CALLS_DESCRIBE_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/libpq/libpq.h"
#include "preload/process/settings.h"
#include "trace/base/event.h"

/* Interns the connection's target and returns its number. Asks libpq, so it is called without any lock of ours. */
uint32_t describe_target(struct libpq *libpq, const void *conn);

/*
 * Interns how the connection was asked for (BLOB_SETTINGS) and returns its number; 0 when that libpq cannot tell.  Lets
 * libpq allocate and free memory, so for the rare calls only.
 */
uint32_t describe_settings(struct libpq *libpq, const void *conn);

/* Why the attempt failed, from libpq's message: known in English only. The message itself is kept nowhere. */
enum connect_error describe_connect_error(struct libpq *libpq, const void *conn);

/* The statement's first word, packed as event.h says; 0 when it begins with none. */
uint64_t describe_keyword(const char *statement);
#define KEYWORD_BEGINS_WITH(keyword, letter) (((keyword)&31) == (uint64_t)((letter) - 'A' + 1))

/* Interns the statement. */
uint32_t describe_text(const char *statement);

/* Steps over white space, comments, semicolons and parentheses before a word of SQL. */
const char *describe_skip_to_word(const char *statement);

/*
 * Sets the event's value (leading keyword) and, with PQLEAK_SQL=text, its text. `statement` may be NULL.  Returns the
 * keyword.
 */
static inline __attribute__((always_inline)) uint64_t describe_statement(const char *statement, struct event *event)
{
	if (statement == NULL)
		return 0;
	event->value = describe_keyword(statement);
	if (settings.sql == SQL_TEXT)
		event->text = describe_text(statement);
	return event->value;
}

/* --- prepared statements: prepared.c --- */

/* A number for that name, never 0; 0 for the unnamed statement (NULL or ""). */
uint64_t prepared_name(const char *name);

/*
 * Whether the SQL statement begins with DEALLOCATE or DISCARD ALL; *ret_name is then the number of the name it ends, 0:
 * all names.
 */
bool prepared_ended_by(const char *statement, uint64_t *ret_name);

#endif
