// SPDX-License-Identifier: PostgreSQL
/*
 * stable-name.c - see stable-name.h.
 */
#include "analyzer/words/stable-name.h"

#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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
