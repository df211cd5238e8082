// SPDX-License-Identifier: PostgreSQL
/*
 * short-name.c - a demangled name without what makes it long; see short-name.h.
 *
 * A report has 80 columns, and most of a C++ name says what a reader of a leak
 * does not ask.  `pqleak show` and JSON keep the whole.
 */
#include "analyzer/words/short-name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* How many symbols at `at` belong to the name of an operator; `written` to `end` is what stands before them. */
static size_t operator_symbols(const char *written, const char *end, const char *at)
{
	static const char word[] = "operator";
	static const char *const symbols[] = {"()", "->*", "->", "<=>", "<<=", ">>=", "<<", ">>", "<=", ">=", "<", ">"};
	size_t length = sizeof word - 1;

	if ((size_t)(end - written) < length || strncmp(end - length, word, length) != 0 ||
		((size_t)(end - written) > length && is_word(end[-(long)length - 1])))
		return 0;
	for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++)
		if (strncmp(at, symbols[i], strlen(symbols[i])) == 0)
			return strlen(symbols[i]);
	return 0;
}

/* After the bracket that closes the one at `open`, or NULL. */
static const char *after_group(const char *open)
{
	int depth = 0;

	for (const char *at = open; *at != '\0'; at++) {
		if (*at == '(' || *at == '<')
			depth++;
		else if (*at == ')' || (*at == '>' && at[-1] != '-'))
			depth--;
		if (depth == 0)
			return at + 1;
	}
	return NULL;
}

void shorten_name(char *name)
{
	char *end = name;
	bool after_word = false; /* what comes next would be arguments */

	for (const char *at = name; *at != '\0';) {
		size_t symbols = operator_symbols(name, end, at);
		const char *after = after_word && symbols == 0 && (*at == '<' || *at == '(') ? after_group(at) : NULL;

		if (after != NULL) {
			at = strcmp(after, " const") == 0 ? after + strlen(after) : after;
			continue; /* a parameter list may follow template arguments */
		}
		size_t length = symbols > 0 ? symbols : 1;
		memmove(end, at, length);
		end += length;
		at += length;
		after_word = symbols > 0 || is_word(end[-1]) || end[-1] == ']';
	}
	*end = '\0';
}
