// SPDX-License-Identifier: PostgreSQL
/*
 * columns.c - see columns.h.
 */
#include "analyzer/base/columns.h"

#include <ctype.h>
#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define LEAST_NAME 8   /* columns that are left of a name */
#define LEAST_PLACE 16 /* and of a place */

/* --- columns --- */

/* The C library knows how wide a character is, in a locale that has it. */
static locale_t wide_locale(void)
{
	static locale_t locale;
	static bool tried;

	if (!tried)
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	tried = true;
	return locale;
}

/* The columns of the character at `text`, and how many bytes it has. */
static int character_columns(const char *text, size_t *ret_bytes)
{
	unsigned char first = (unsigned char)text[0];
	size_t bytes = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4, at = 1;
	unsigned long character = bytes == 1 ? first : first & (0xffu >> (bytes + 1));

	for (; at < bytes && ((unsigned char)text[at] & 0xc0) == 0x80; at++)
		character = character << 6 | ((unsigned char)text[at] & 0x3f);
	*ret_bytes = at;
	if (character < 0x300 || wide_locale() == (locale_t)0)
		return 1;
	locale_t before = uselocale(wide_locale());
	int columns = wcwidth((wchar_t)character);
	uselocale(before);
	return columns >= 0 ? columns : 1;
}

int text_columns(const char *text)
{
	int columns = 0;

	for (size_t bytes; *text != '\0'; text += bytes)
		columns += character_columns(text, &bytes);
	return columns;
}

const char *text_at_column(const char *text, int columns)
{
	for (size_t bytes; *text != '\0'; text += bytes) {
		columns -= character_columns(text, &bytes);
		if (columns < 0)
			break;
	}
	return text;
}

/* --- names --- */

/* How long what separates two parts of a name is, if it begins here: a::b, a.b, a\b, a/b, a#b, a->b. */
static size_t separator(const char *at)
{
	if (strncmp(at, "::", 2) == 0 || strncmp(at, "->", 2) == 0)
		return 2;
	return strchr(".\\/#", *at) != NULL ? 1 : 0;
}

/* Whether a part can speak for itself: a closure, an operator and `<lambda>` say nothing without what they belong to.
 */
static bool is_own_name(const char *part)
{
	static const char keyword[] = "operator";
	size_t length = sizeof keyword - 1;

	if (strncmp(part, keyword, length) == 0 && !isalnum((unsigned char)part[length]) && part[length] != '_')
		return false;
	return isalpha((unsigned char)*part) || *part == '_' || *part == '~' || (unsigned char)*part >= 0x80;
}

/* Where each part of a name begins, one after the other; NULL: there is none after `part`.  The file of code that has
 * no name, as in libapp.so+0x1200, is one part. */
static const char *next_part(const char *part)
{
	int depth = 0;

	for (const char *at = part; *at != '\0' && strstr(part, "+0x") == NULL; at++) {
		size_t length = depth == 0 ? separator(at) : 0;
		if (length > 0 && at > part && at[length] != '\0' && is_own_name(at + length))
			return at + length;
		if (strncmp(at, "->", 2) == 0)
			at++;
		else if (strchr("(<[{", *at) != NULL)
			depth++;
		else if (strchr(")>]}", *at) != NULL && depth > 0)
			depth--;
	}
	return NULL;
}

static int marked_columns(const char *name, const char *part)
{
	return text_columns(part) + (part > name ? (int)strlen(ELLIPSIS) : 0);
}

/* As much of a name's end as fits, its own name at least. */
static const char *fitting_part(const char *name, int room)
{
	const char *part = name;

	for (const char *next; marked_columns(name, part) > room && (next = next_part(part)) != NULL;)
		part = next;
	return part;
}

/* --- places --- */

/* Where the folders of the path in " (shop/db/pool.c:12)" end: what follows is never left out. */
static const char *folders_end(const char *place)
{
	const char *slash = strncmp(place, " (", 2) == 0 ? strrchr(place, '/') : NULL;

	return slash != NULL ? slash : place;
}

/* As many of the folders next to the file as fit; at folders_end() none is left. */
static const char *fitting_folders(const char *place, int room)
{
	const char *end = folders_end(place), *at = place;

	while (at < end && text_columns(at) + (at > place ? (int)strlen(" (" ELLIPSIS) : 0) > room) {
		at = strchr(at + 1, '/');
		at = at != NULL ? at : end;
	}
	return at;
}

/* --- both --- */

/* Leaves out the middle: a name says most at its two ends.  Freed by the caller; NULL: out of memory. */
static char *cut_middle(const char *text, int room)
{
	int length = text_columns(text), kept = room - (int)strlen(ELLIPSIS), first = kept / 2;
	char *cut = NULL;

	if (length <= room)
		return strdup(text);
	if (asprintf(&cut, "%.*s" ELLIPSIS "%s", (int)(text_at_column(text, first) - text), text,
				 text_at_column(text, length - (kept - first))) < 0)
		return NULL;
	return cut;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

/* Both cut, the place first: a call is known by its function. */
static char *cut_both(const char *name, const char *place, int room, enum fit fit)
{
	int least = text_columns(place) < LEAST_PLACE ? text_columns(place) : LEAST_PLACE;
	char *first = cut_middle(name, fit == FIT_ALL ? larger(room - least, LEAST_NAME) : text_columns(name));
	char *last = first != NULL ? cut_middle(place, larger(room - text_columns(first), least)) : NULL;
	char *text = NULL;

	if (last == NULL || asprintf(&text, "%s%s", first, last) < 0)
		text = NULL;
	free(first);
	free(last);
	return text;
}

char *fit_call(const char *name, const char *place, int room, enum fit fit)
{
	const char *part = fitting_part(name, room - text_columns(place)), *rest = place;
	int own = marked_columns(name, part);
	char *first = NULL, *last = NULL, *text = NULL;

	if (fit >= FIT_PLACE && own + text_columns(place) > room)
		rest = fitting_folders(place, room - own);
	if (asprintf(&first, "%s%s", part > name ? ELLIPSIS : "", part) < 0)
		first = NULL;
	else if (asprintf(&last, "%s%s", rest > place ? " (" ELLIPSIS : "", rest) < 0)
		last = NULL;
	else if (fit >= FIT_PLACE && text_columns(first) + text_columns(last) > room)
		text = cut_both(first, last, room, fit);
	else if (asprintf(&text, "%s%s", first, last) < 0)
		text = NULL;
	free(first);
	free(last);
	return text;
}

bool locale_has_blocks(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *value = getenv(names[i]);
		if (value != NULL && value[0] != '\0')
			return strcasestr(value, "UTF-8") != NULL || strcasestr(value, "utf8") != NULL;
	}
	return false;
}
