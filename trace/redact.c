// SPDX-License-Identifier: PostgreSQL
/* redact.c - see redact.h. */
#include "redact.h"

#include <stdbool.h>
#include <string.h>

/* What gives away a secret, or a string that may hold one. */
static const char *const suspicious[] = {
	"pass", "pwd",   "secret",    "token",   "credential", "apikey",   "api-key", "api_key",  "auth",
	"://",  "host=", "hostaddr=", "dbname=", "user=",      "service=", "dsn",     "conninfo",
};

/* An option's bare name: its secret is the next argument. */
static const char option_letters[] = "-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static bool is_suspicious(const char *argument, size_t length)
{
	/* A statement or a program's text, as after psql -c or php -r: it may hold anything. */
	for (size_t at = 0; at < length; at++)
		if (strchr(" \t\r\n\v\f'\"`();", argument[at]) != NULL)
			return true;
	for (size_t i = 0; i < sizeof suspicious / sizeof suspicious[0]; i++) {
		size_t word = strlen(suspicious[i]);
		for (size_t at = 0; at + word <= length; at++)
			if (strncasecmp(argument + at, suspicious[i], word) == 0)
				return true;
	}
	return false;
}

static bool is_option_name(const char *argument, size_t length)
{
	for (size_t at = 0; at < length; at++)
		if (strchr(option_letters, argument[at]) == NULL)
			return false;
	return length > 0 && argument[0] == '-';
}

static size_t append(char *ret, size_t bytes, size_t used, const char *text, size_t length)
{
	if (length > bytes - 1 - used)
		length = bytes - 1 - used;
	memcpy(ret + used, text, length);
	return used + length;
}

void redact_command(char *ret, size_t bytes, const char *arguments, size_t length)
{
	size_t used = 0;
	bool is_value = false; /* the argument before was an option that takes a secret */
	bool is_first = true;
	for (const char *end = arguments + length; arguments < end && used < bytes - 1;) {
		size_t size = strnlen(arguments, (size_t)(end - arguments));
		bool hide = !is_first && is_suspicious(arguments, size);
		bool is_option = hide && is_option_name(arguments, size);
		if (!is_first)
			used = append(ret, bytes, used, " ", 1);
		if (is_value || (hide && !is_option))
			used = append(ret, bytes, used, "(redacted)", 10);
		else
			used = append(ret, bytes, used, arguments, size);
		is_value = is_option;
		is_first = false;
		arguments += size + 1;
	}
	ret[used] = '\0';
}
