// SPDX-License-Identifier: PostgreSQL
/*
 * prepared.c - the names of prepared statements.
 *
 * A name is only compared, never stored: it becomes a number.  Knows just
 * enough SQL to see which one a statement ends.
 */
#include "preload/calls/describe.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "preload/process/hash.h"

#define NAME_BYTES 64 /* the server's NAMEDATALEN: of a longer name it knows one less */

static uint64_t hash_name(const char *name, size_t length)
{
	uint64_t hash = hash_text(name, length < NAME_BYTES - 1 ? length : NAME_BYTES - 1);
	return hash != 0 ? hash : 1;
}

uint64_t prepared_name(const char *name)
{
	return name == NULL || name[0] == '\0' ? 0 : hash_name(name, strnlen(name, NAME_BYTES));
}

static bool is_in_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
		   (unsigned char)c >= 0x80;
}

/* Steps over the word if it comes next. */
static bool skip_word(const char **at, const char *word)
{
	const char *c = describe_skip_to_word(*at);
	size_t length = strlen(word);
	if (strncasecmp(c, word, length) != 0 || is_in_name(c[length]))
		return false;
	*at = c + length;
	return true;
}

/* The name as the server knows it: unquoted, or folded to lower case. Returns its length. */
static size_t read_name(const char *at, char ret[NAME_BYTES])
{
	size_t length = 0;
	bool is_quoted = *at == '"';
	for (at += is_quoted; length < NAME_BYTES - 1; at++) {
		if (is_quoted ? *at == '"' && *++at != '"' : !is_in_name(*at))
			break;
		if (*at == '\0')
			break;
		bool is_upper = *at >= 'A' && *at <= 'Z';
		ret[length++] = is_upper && !is_quoted ? (char)(*at - 'A' + 'a') : *at;
	}
	return length;
}

bool prepared_ended_by(const char *statement, uint64_t *ret_name)
{
	*ret_name = 0;
	if (skip_word(&statement, "DISCARD"))
		return skip_word(&statement, "ALL");
	if (!skip_word(&statement, "DEALLOCATE"))
		return false;
	const char *before = statement;
	/* PREPARE is a noise word there, unless it is the name. */
	if (skip_word(&statement, "PREPARE") && !is_in_name(*describe_skip_to_word(statement)) &&
		*describe_skip_to_word(statement) != '"')
		statement = before;
	if (skip_word(&statement, "ALL"))
		return true;
	char name[NAME_BYTES];
	size_t length = read_name(describe_skip_to_word(statement), name);
	if (length == 0)
		return false;
	*ret_name = hash_name(name, length);
	return true;
}
