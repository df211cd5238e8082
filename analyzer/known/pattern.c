// SPDX-License-Identifier: PostgreSQL
/*
 * pattern.c - the patterns of suppressions; see suppress-file.h.
 */
#include "analyzer/known/suppress-file.h"

#include <stddef.h>
#include <string.h>

bool pattern_matches(const char *pattern, const char *text)
{
	const char *end = pattern + strlen(pattern);
	bool from_begin = pattern[0] == '^';
	bool to_end = end > pattern + from_begin && end[-1] == '$';

	pattern += from_begin;
	end -= to_end;
	/* Where to go on when what follows the last '*' does not fit here; without '^' the pattern begins with one. */
	const char *star = from_begin ? NULL : pattern;
	const char *retry = text;
	for (const char *at = pattern;;) {
		if (at == end && (!to_end || *text == '\0'))
			return true;
		if (at < end && *at == '*') {
			star = ++at;
			retry = text;
		} else if (at < end && *text != '\0' && *at == *text) {
			at++;
			text++;
		} else if (star != NULL && *retry != '\0') {
			at = star;
			text = ++retry;
		} else {
			return false;
		}
	}
}
