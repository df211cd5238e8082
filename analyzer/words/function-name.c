// SPDX-License-Identifier: PostgreSQL
/*
 * function-name.c - see function-name.h.
 *
 * Most of a C++ name says what a reader of a leak does not ask.  `pqleak show` and JSON keep the whole.
 */
#include "analyzer/words/function-name.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- short names --- */

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

/* --- stable names --- */

/* These in front of a number. */
static const char *const numbered[] = {".part.", ".isra.", ".constprop.", ".cold.", ".lto_priv.", ".llvm."};

/* How long what a compiler added is that begins here; 0: it added nothing here. */
static size_t addition(const char *text)
{
	static const char clone[] = " [clone ", cold[] = ".cold";

	if (strncmp(text, clone, strlen(clone)) == 0) {
		const char *end = strchr(text, ']');
		return end != NULL ? (size_t)(end - text) + 1 : 0;
	}
	for (size_t i = 0; i < sizeof numbered / sizeof numbered[0]; i++) {
		size_t length = strlen(numbered[i]);
		if (strncmp(text, numbered[i], length) == 0)
			return strspn(text + length, "0123456789") > 0 ? length + strspn(text + length, "0123456789") : 0;
	}
	return strncmp(text, cold, strlen(cold)) == 0 ? strlen(cold) : 0;
}

/* Lambdas are numbered within their function: {lambda(int)#1} by GCC, $_0 by clang. */
static void drop_numbers(char *function)
{
	static const char digits[] = "0123456789";

	for (char *at = function; (at = strpbrk(at, "#$")) != NULL; at++) {
		char *number = at[0] == '#' ? at : strncmp(at, "$_", 2) == 0 ? at + 2 : NULL;
		size_t length = number != NULL ? strspn(at[0] == '#' ? number + 1 : number, digits) : 0;
		char after = number != NULL ? number[length + (at[0] == '#')] : '\0';
		if (length == 0 || (at[0] == '#' ? after != '}' : isalnum((unsigned char)after) || after == '_'))
			continue;
		char *end = number + length + (at[0] == '#');
		memmove(number, end, strlen(end) + 1);
	}
}

void stable_native_name(char *function)
{
	drop_numbers(function);
	for (char *at = function; *at != '\0'; at++) {
		const char *end = at;
		for (size_t length; (length = addition(end)) > 0;)
			end += length;
		/* Only at the end: what stands before something else is a part of the name. */
		if (at > function && end > at && *end == '\0')
			*at = '\0';
		if (*at == '\0')
			return;
	}
}

/* The brace that ends the one at `open`, which may have others within it; NULL: none does. */
static char *closing(char *open)
{
	int depth = 0;

	for (char *at = open; *at != '\0'; at++) {
		depth += (*at == '{') - (*at == '}');
		if (depth == 0)
			return at;
	}
	return NULL;
}

void stable_script_name(char *function)
{
	static const char closure[] = "{closure:";

	/* {closure:/srv/shop.php:12}, also inside another name */
	for (char *at = function; (at = strstr(at, closure)) != NULL; at++) {
		char *end = closing(at);
		if (end == NULL)
			return;
		memmove(at + sizeof closure - 2, end, strlen(end) + 1);
	}
}

const char *fingerprint(char ret[FINGERPRINT_TEXT], const char *text)
{
	__extension__ typedef unsigned __int128 wide;
	const wide prime = (wide)1 << 88 | 0x13b;
	wide hash = (wide)0x6c62272e07bb0142u << 64 | 0x62b821756295c58du;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * prime;
	snprintf(ret, FINGERPRINT_TEXT, "%016" PRIx64 "%016" PRIx64, (uint64_t)(hash >> 64), (uint64_t)hash);
	return ret;
}

static const char *const start_functions[] = {
	"_start", "__libc_start_main", "__libc_start_call_main", "start_thread", "clone",
	"clone3", "__clone3",          "__GI___clone3"};

bool is_start_function(const char *function)
{
	size_t length = strcspn(function, "@");

	for (size_t i = 0; i < sizeof start_functions / sizeof start_functions[0]; i++)
		if (strlen(start_functions[i]) == length && strncmp(function, start_functions[i], length) == 0)
			return true;
	return strncmp(function, "__libc_start_main", strlen("__libc_start_main")) == 0; /* _impl, by glibc version */
}
