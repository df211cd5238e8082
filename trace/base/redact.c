// SPDX-License-Identifier: PostgreSQL
/* redact.c - see redact.h. */
#include "trace/base/redact.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define REDACTED "(redacted)"

/* A text that is being written, cut where the room ends. */
struct text {
	char *at;
	size_t bytes; /* the NUL included */
	size_t used;
};

static void append(struct text *text, const char *words, size_t length)
{
	if (length > text->bytes - 1 - text->used)
		length = text->bytes - 1 - text->used;
	memcpy(text->at + text->used, words, length);
	text->used += length;
}

bool redact_is_suspicious(const char *words, size_t length)
{
	static const char *const suspicious[] = {"pass", "pwd", "secret", "token", "credential", "://"};
	for (size_t i = 0; i < sizeof suspicious / sizeof suspicious[0]; i++) {
		size_t word = strlen(suspicious[i]);
		for (size_t at = 0; at + word <= length; at++)
			if (strncasecmp(words + at, suspicious[i], word) == 0)
				return true;
	}
	return false;
}

static size_t length_until(const char *words, size_t length, const char *stop)
{
	size_t at = 0;
	while (at < length && strchr(stop, words[at]) == NULL)
		at++;
	return at;
}

/* A process title ("postgres: alice app [local] idle") begins with a name, and then may hold anything. */
static void append_program(struct text *text, const char *argument, size_t length)
{
	length = length_until(argument, length, " \t\r\n");
	if (redact_is_suspicious(argument, length))
		append(text, REDACTED, strlen(REDACTED));
	else
		append(text, argument, length);
}

/* An option's name, without its value: --name=value, -nvalue. */
static void append_option(struct text *text, const char *argument, size_t length)
{
	size_t name = argument[1] == '-' ? length_until(argument, length, "= \t\r\n'\"") : 2;
	if (name > length)
		name = length;
	append(text, argument, name);
	if (name < length)
		append(text, REDACTED, strlen(REDACTED));
}

/* A script or a file of settings: what exists under that name is no secret's value. */
static bool names_a_file(const char *argument, size_t length)
{
	if (memchr(argument, '/', length) == NULL && memchr(argument, '.', length) == NULL)
		return false;
	int error = errno;
	bool exists = access(argument, F_OK) == 0;
	errno = error;
	return exists;
}

void redact_command(char *ret, size_t bytes, const char *arguments, size_t length)
{
	struct text text = {ret, bytes, 0};
	bool is_first = true;
	for (const char *end = arguments + length; arguments < end; is_first = false) {
		size_t size = strnlen(arguments, (size_t)(end - arguments));
		bool is_whole = arguments + size < end; /* its NUL is there */
		if (!is_first)
			append(&text, " ", 1);
		if (is_first)
			append_program(&text, arguments, size);
		else if (size > 1 && arguments[0] == '-')
			append_option(&text, arguments, size);
		else if (is_whole && names_a_file(arguments, size))
			append(&text, arguments, size);
		else
			append(&text, REDACTED, strlen(REDACTED));
		arguments += size + 1;
	}
	ret[text.used] = '\0';
}
