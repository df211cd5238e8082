// SPDX-License-Identifier: PostgreSQL
/* describe.c - see describe.h. */
#include "describe.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "process.h"
#include "settings.h"
#include "trace/redact.h"

#define REDACTED "(redacted)"
#define STATEMENT_BYTES 1024

struct writer {
	char bytes[1024];
	size_t used;
};

static void put(struct writer *writer, const char *text)
{
	size_t length = strnlen(text, 128);
	if (writer->used + length + 1 > sizeof writer->bytes)
		length = 0;
	memcpy(writer->bytes + writer->used, text, length);
	writer->used += length;
	writer->bytes[writer->used++] = '\0';
}

/*
 * libpq's fields are not always what their names say.  With expand_dbname off a whole connection string becomes the
 * database's name, and of a URI whose password holds an '@' or a '/' the rest is taken for host, port or database.
 * None of these characters belongs in such a field; where one occurs, none of the fields is believed.
 */
static bool is_believed(const char *text, const char *forbidden)
{
	return text == NULL || (strpbrk(text, forbidden) == NULL && strcasestr(text, "password") == NULL);
}

static bool is_port(const char *text)
{
	return text == NULL || text[strspn(text, "0123456789,")] == '\0';
}

static const char *ask_text(struct libpq *libpq, enum libpq_function n, const void *conn)
{
	void *function = libpq_function(libpq, n);
	return function != NULL ? (__extension__(const char *(*)(const void *))function)(conn) : NULL;
}

static int ask_number(struct libpq *libpq, enum libpq_function n, const void *conn)
{
	void *function = libpq_function(libpq, n);
	return function != NULL ? (__extension__(int (*)(const void *))function)(conn) : 0;
}

uint32_t describe_target(struct libpq *libpq, const void *conn)
{
	struct writer writer = {.used = 0};
	char number[16];
	const char *field[] = {ask_text(libpq, ACCESS_PQhost, conn), ask_text(libpq, ACCESS_PQport, conn),
	                       ask_text(libpq, ACCESS_PQdb, conn), ask_text(libpq, ACCESS_PQuser, conn)};
	bool are_believed =
		is_believed(field[0], "@= ") && is_port(field[1]) && is_believed(field[2], "@=:/") && is_believed(field[3], "=:/");
	for (int i = 0; i < 4; i++)
		put(&writer, !are_believed ? REDACTED : field[i] != NULL ? field[i] : "");
	void *parameter = libpq_function(libpq, ACCESS_PQparameterStatus);
	const char *name = parameter != NULL ? (__extension__(const char *(*)(const void *, const char *))parameter)(
											   conn, "application_name")
	                                     : NULL;
	put(&writer, name == NULL ? "" : redact_is_suspicious(name, strlen(name)) ? REDACTED : name);
	snprintf(number, sizeof number, "%d", ask_number(libpq, ACCESS_PQserverVersion, conn));
	put(&writer, number);
	put(&writer, ask_number(libpq, ACCESS_PQsslInUse, conn) ? "1" : "0");
	return process_recorder->intern(process_thread(), BLOB_TARGET, writer.bytes, writer.used);
}

/* Skips white space and comments before a statement's first word. */
static const char *skip_to_word(const char *c)
{
	for (;;) {
		if (*c == ' ' || (*c >= '\t' && *c <= '\r') || *c == '(' || *c == ';') {
			c++;
		} else if (c[0] == '-' && c[1] == '-') {
			c += strcspn(c, "\n");
		} else if (c[0] == '/' && c[1] == '*') {
			const char *end = strstr(c + 2, "*/");
			if (end == NULL)
				return "";
			c = end + 2;
		} else {
			return c;
		}
	}
}

static uint64_t packed_keyword(const char *statement)
{
	uint64_t packed = 0;
	const char *c = skip_to_word(statement);
	for (int letter = 0; letter < KEYWORD_LETTERS; letter++, c++) {
		unsigned number = ((unsigned)*c & ~0x20u) - 'A';
		if (number >= 26)
			break;
		packed |= (uint64_t)(number + 1) << (5 * letter);
	}
	return packed;
}

void describe_statement(const char *statement, struct event *event)
{
	if (statement == NULL)
		return;
	event->value = packed_keyword(statement);
	if (settings.sql == SQL_TEXT)
		event->text = process_recorder->intern(process_thread(), BLOB_TEXT, statement, strnlen(statement, STATEMENT_BYTES));
}
