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

static void append_redacted(struct text *text)
{
	append(text, REDACTED, strlen(REDACTED));
}

/* Letters, digits and the signs that names are made of; bytes that are not ASCII may be letters. */
static bool is_of_a_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		   c == '.';
}

static size_t name_length(const char *words, size_t length, bool is_path)
{
	size_t at = 0;
	while (at < length && (is_of_a_name(words[at]) ||
						   (is_path && (words[at] == '/' || words[at] == '+' || (unsigned char)words[at] >= 0x80))))
		at++;
	return at;
}

/*
 * A process title ("postgres: alice app [local] idle") begins with a name, and then may hold anything.  What follows a
 * name in the same word, but for a title's colon, may be a secret: "worker:hunter2".
 */
static void append_program(struct text *text, const char *argument, size_t length)
{
	size_t word = 0;
	while (word < length && strchr(" \t\r\n", argument[word]) == NULL)
		word++;
	size_t name = name_length(argument, word, true);
	if (name + 1 == word && argument[name] == ':')
		name = word;
	if (redact_is_suspicious(argument, word)) {
		append_redacted(text);
		return;
	}
	append(text, argument, name);
	if (name < word)
		append_redacted(text);
}

/* An option's name, without its value: --name=value, -nvalue.  A name that something odd is in may be a secret itself.
 */
static void append_option(struct text *text, const char *argument, size_t length)
{
	bool is_long = argument[1] == '-';
	size_t begin = is_long ? 2 : 1;
	size_t name = is_long ? begin + name_length(argument + begin, length - begin, false)
						  : begin + (is_of_a_name(argument[begin]) ? 1 : 0);
	if (is_long && name < length && strchr("=:, \t\r\n'\"", argument[name]) == NULL)
		name = begin;
	append(text, argument, name);
	if (name < length)
		append_redacted(text);
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
			append_redacted(&text);
		arguments += size + 1;
	}
	ret[text.used] = '\0';
}
