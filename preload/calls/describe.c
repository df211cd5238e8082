// SPDX-License-Identifier: PostgreSQL
/* describe.c - see describe.h. */
#include "preload/calls/describe.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "preload/libpq/libpq.h"
#include "preload/process/process.h"
#include "preload/process/settings.h"
#include "trace/base/redact.h"
#include "trace/spool/blob-text.h"

#define REDACTED "(redacted)"
#define STATEMENT_BYTES 1024

/* Interns a blob of `count` texts, each cut to what belongs there; NULL is an empty one. */
static uint32_t intern_texts(enum blob_type type, const char *const *text, size_t count)
{
	char bytes[1024];
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		size_t length = text[i] != NULL ? strnlen(text[i], 128) : 0;
		if (used + length + 1 > sizeof bytes)
			length = 0;
		memcpy(bytes + used, text[i] != NULL ? text[i] : "", length);
		used += length;
		bytes[used++] = '\0';
	}
	return process_recorder->intern(process_thread(), type, bytes, used);
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

uint32_t describe_target(struct libpq *libpq, const void *conn)
{
	char version[16];
	const char *field[TARGET_FIELD_COUNT] = {
		[TARGET_host] = ask_text(libpq, ACCESS_PQhost, conn),
		[TARGET_port] = ask_text(libpq, ACCESS_PQport, conn),
		[TARGET_database] = ask_text(libpq, ACCESS_PQdb, conn),
		[TARGET_user] = ask_text(libpq, ACCESS_PQuser, conn),
	};
	if (!is_believed(field[TARGET_host], "@= ") || !is_port(field[TARGET_port]) ||
		!is_believed(field[TARGET_database], "@=:/") || !is_believed(field[TARGET_user], "=:/"))
		field[TARGET_host] = field[TARGET_port] = field[TARGET_database] = field[TARGET_user] = REDACTED;
	void *parameter = libpq_function(libpq, ACCESS_PQparameterStatus);
	const char *name = parameter != NULL ? (__extension__(const char *(*)(const void *, const char *))
												parameter)(conn, "application_name")
										 : NULL;
	field[TARGET_application_name] = name != NULL && redact_is_suspicious(name, strlen(name)) ? REDACTED : name;
	snprintf(version, sizeof version, "%d", ask_number(libpq, ACCESS_PQserverVersion, conn, 0));
	field[TARGET_server_version] = version;
	field[TARGET_ssl] = ask_number(libpq, ACCESS_PQsslInUse, conn, 0) ? "1" : "0";
	return intern_texts(BLOB_TARGET, field, TARGET_FIELD_COUNT);
}

/* --- settings --- */

static bool is_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	return digits > 0 && digits <= 10 && text[digits] == '\0';
}

/* A setting's value is one of these words, or a number.  Anything else may be part of a misread password. */
static bool is_a_setting(const char *text)
{
	static const char words[][16] = {"disable", "allow",      "prefer",    "require", "verify-ca", "verify-full",
									 "any",     "read-write", "read-only", "primary", "standby",   "prefer-standby"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return is_number(text);
}

static const char *setting(const PQconninfoOption *options, const char *keyword)
{
	/* The list holds the password too: of every other entry not even the value's address is used. */
	while (options->keyword != NULL && strcmp(options->keyword, keyword) != 0)
		options++;
	const char *value = options->keyword != NULL ? options->val : NULL;
	return value == NULL || value[0] == '\0' || is_a_setting(value) ? value : REDACTED;
}

uint32_t describe_settings(struct libpq *libpq, const void *conn)
{
	static const char *const keywords[SETTING_FIELD_COUNT] = {
#define KEYWORD(name) #name,
		SETTING_FIELDS(KEYWORD, )
#undef KEYWORD
	};
	void *list = libpq_function(libpq, HOOK_PQconninfo), *free_list = libpq_function(libpq, HOOK_PQconninfoFree);
	if (list == NULL || free_list == NULL)
		return 0;
	PQconninfoOption *options = (__extension__(PQconninfoOption * (*)(const void *)) list)(conn);
	if (options == NULL)
		return 0;
	const char *field[SETTING_FIELD_COUNT];
	for (int i = 0; i < SETTING_FIELD_COUNT; i++)
		field[i] = setting(options, keywords[i]);
	uint32_t number = intern_texts(BLOB_SETTINGS, field, SETTING_FIELD_COUNT);
	(__extension__(void (*)(PQconninfoOption *)) free_list)(options);
	return number;
}

/* --- why an attempt failed --- */

/* Of a message that tells of several hosts, the reason that comes first here is the one most worth knowing. */
static const struct {
	const char *part; /* of libpq's or the server's message, in English */
	enum connect_error error;
} reasons[] = {
	{"too many clients", CONNECT_ERROR_TOO_MANY},
	{"too many connections", CONNECT_ERROR_TOO_MANY},
	{"remaining connection slots", CONNECT_ERROR_TOO_MANY},
	{"the database system is ", CONNECT_ERROR_UNAVAILABLE},
	{"authentication failed", CONNECT_ERROR_AUTHENTICATION},
	{"no password supplied", CONNECT_ERROR_AUTHENTICATION},
	{"pg_hba.conf", CONNECT_ERROR_AUTHENTICATION},
	{"not permitted to log in", CONNECT_ERROR_AUTHENTICATION},
	{"permission denied for database", CONNECT_ERROR_AUTHENTICATION},
	{"SSL error", CONNECT_ERROR_SSL},
	{"SSL SYSCALL", CONNECT_ERROR_SSL},
	{"does not support SSL", CONNECT_ERROR_SSL},
	{"certificate", CONNECT_ERROR_SSL},
	{"private key file", CONNECT_ERROR_SSL},
	{"FATAL:  database \"", CONNECT_ERROR_DATABASE},
	{"FATAL:  role \"", CONNECT_ERROR_DATABASE},
	{"invalid connection option", CONNECT_ERROR_PARAMETER},
	{"in connection info string", CONNECT_ERROR_PARAMETER},
	{"unterminated quoted string", CONNECT_ERROR_PARAMETER},
	{"in URI", CONNECT_ERROR_PARAMETER},
	{"invalid URI", CONNECT_ERROR_PARAMETER},
	{" value: \"", CONNECT_ERROR_PARAMETER},
	{"invalid port number", CONNECT_ERROR_PARAMETER},
	{"could not parse network address", CONNECT_ERROR_PARAMETER},
	{"for connection option", CONNECT_ERROR_PARAMETER},
	{"could not match ", CONNECT_ERROR_PARAMETER},
	{"percent-encoded", CONNECT_ERROR_PARAMETER},
	{"definition of service", CONNECT_ERROR_PARAMETER},
	{"service file", CONNECT_ERROR_PARAMETER},
	{"configuration parameter", CONNECT_ERROR_PARAMETER},
	{"timeout expired", CONNECT_ERROR_TIMEOUT},
	{"timed out", CONNECT_ERROR_TIMEOUT},
	{"Connection refused", CONNECT_ERROR_REFUSED},
	{"could not translate host name", CONNECT_ERROR_HOST},
	{"No such file or directory", CONNECT_ERROR_SOCKET},
	{"socket path \"", CONNECT_ERROR_SOCKET_PATH},
	{"Permission denied", CONNECT_ERROR_PERMISSION},
	{"No route to host", CONNECT_ERROR_UNREACHABLE},
	{"is unreachable", CONNECT_ERROR_UNREACHABLE},
};

enum connect_error describe_connect_error(struct libpq *libpq, const void *conn)
{
	const char *message = ask_text(libpq, ACCESS_PQerrorMessage, conn);
	for (size_t i = 0; message != NULL && i < sizeof reasons / sizeof reasons[0]; i++)
		if (strstr(message, reasons[i].part) != NULL)
			return reasons[i].error;
	return CONNECT_ERROR_OTHER;
}

/* --- statements --- */

const char *describe_skip_to_word(const char *c)
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

/* A letter's number, 1 to 26, in either case; 0 for anything else.  Every statement comes by: a table is fastest. */
static const uint8_t letters[256] = {
#define LETTER(letter) [letter] = (letter)&31, [(letter) | 32] = (letter)&31
	LETTER('A'), LETTER('B'), LETTER('C'), LETTER('D'), LETTER('E'), LETTER('F'), LETTER('G'), LETTER('H'), LETTER('I'),
	LETTER('J'), LETTER('K'), LETTER('L'), LETTER('M'), LETTER('N'), LETTER('O'), LETTER('P'), LETTER('Q'), LETTER('R'),
	LETTER('S'), LETTER('T'), LETTER('U'), LETTER('V'), LETTER('W'), LETTER('X'), LETTER('Y'), LETTER('Z'),
#undef LETTER
};

uint64_t describe_keyword(const char *statement)
{
	uint64_t packed = 0, letter;
	const unsigned char *c = (const unsigned char *)statement;
	if (letters[*c] == 0)
		c = (const unsigned char *)describe_skip_to_word(statement);
#pragma GCC unroll 12
	for (int i = 0; i < KEYWORD_LETTERS; i++) {
		letter = letters[c[i]];
		if (letter == 0)
			break;
		packed |= letter << 5 * i;
	}
	return packed;
}

uint32_t describe_text(const char *statement)
{
	return process_recorder->intern(process_thread(), BLOB_TEXT, statement, strnlen(statement, STATEMENT_BYTES));
}
