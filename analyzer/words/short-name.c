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
#include <stdint.h>
#include <stdlib.h>
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

/*
 * For each opening bracket of a name how long it is up to behind the one that closes it, 0 where none does.  In one
 * pass: a name may be as long as somebody likes.  The brackets that are open meanwhile are chained by their places in
 * it.  NULL: out of memory.
 */
static uint32_t *measure_groups(const char *name)
{
	size_t length = strlen(name);
	uint32_t *groups = length < UINT32_MAX ? calloc(length + 1, sizeof *groups) : NULL;
	uint32_t open = 0; /* the innermost one that is open, counted from 1; its own entry names the next outer one */

	for (uint32_t i = 0; groups != NULL && i < length; i++) {
		if (name[i] == '(' || name[i] == '<') {
			groups[i] = open;
			open = i + 1;
		} else if (open > 0 && (name[i] == ')' || (name[i] == '>' && name[i - 1] != '-'))) {
			uint32_t outer = groups[open - 1];
			groups[open - 1] = i + 1 - (open - 1);
			open = outer;
		}
	}
	while (open > 0) {
		uint32_t outer = groups[open - 1];
		groups[open - 1] = 0;
		open = outer;
	}
	return groups;
}

void shorten_name(char *name)
{
	uint32_t *groups = measure_groups(name);
	char *end = name;
	bool after_word = false; /* what comes next would be arguments */

	for (const char *at = name; groups != NULL && *at != '\0';) {
		size_t symbols = operator_symbols(name, end, at);
		size_t group = after_word && symbols == 0 && (*at == '<' || *at == '(') ? groups[at - name] : 0;

		if (group > 0) {
			at += group;
			at += strcmp(at, " const") == 0 ? strlen(at) : 0;
			continue; /* a parameter list may follow template arguments */
		}
		size_t length = symbols > 0 ? symbols : 1;
		memmove(end, at, length);
		end += length;
		at += length;
		after_word = symbols > 0 || is_word(end[-1]) || end[-1] == ']';
	}
	if (groups != NULL)
		*end = '\0';
	free(groups);
}
