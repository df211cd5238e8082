// SPDX-License-Identifier: PostgreSQL
/*
 * message.c - errors and hints for a person; see message.h.
 *
 * Never exits: a command decides what its failure means.
 */
#include "analyzer/base/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/base/printable.h"

#define LONGEST_WORD 32

char *printable_text(const char *format, va_list values)
{
	char *text = NULL;

	if (vasprintf(&text, format, values) < 0)
		return NULL;
	make_printable(text);
	return text;
}

void complain(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	char *text = printable_text(format, values);
	va_end(values);
	fflush(stdout); /* so that the two come in order where both go to one place */
	fprintf(stderr, "pqleak: %s\n", text != NULL ? text : "out of memory");
	free(text);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edit distance: letters to insert, delete, replace or swap with a neighbour. */
static size_t distance(const char *a, const char *b)
{
	size_t rows = strlen(a);
	size_t columns = strlen(b);
	size_t cost[LONGEST_WORD + 1][LONGEST_WORD + 1];

	if (rows > LONGEST_WORD || columns > LONGEST_WORD)
		return LONGEST_WORD;
	for (size_t i = 0; i <= rows; i++)
		for (size_t j = 0; j <= columns; j++) {
			if (i == 0 || j == 0) {
				cost[i][j] = i + j;
				continue;
			}
			size_t replace = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			cost[i][j] = smaller(replace, smaller(cost[i - 1][j], cost[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				cost[i][j] = smaller(cost[i][j], cost[i - 2][j - 2] + 1);
		}
	return cost[rows][columns];
}

const char *nearest(const char *word, const char *const *names)
{
	const char *best = NULL;
	size_t length = strlen(word);
	size_t best_distance = length < 3 ? 2 : 3; /* nothing farther than two letters, one in a short word */

	for (; *names != NULL; names++) {
		size_t d = distance(word, *names);
		if (length >= 2 && strncmp(word, *names, length) == 0)
			d = smaller(d, 1);
		if (d < best_distance) {
			best = *names;
			best_distance = d;
		}
	}
	return best;
}

const char *did_you_mean(char ret[HINT_TEXT], const char *before, const char *hint)
{
	ret[0] = '\0';
	if (hint != NULL)
		snprintf(ret, HINT_TEXT, "; did you mean '%s%s'?", before, hint);
	return ret;
}

const char *list_words(char *ret, size_t size, const char *const *words, const char *last)
{
	size_t length = 0;

	ret[0] = '\0';
	for (int i = 0; words[i] != NULL && length < size; i++) {
		bool is_last = words[i + 1] == NULL;
		const char *before = i == 0 ? "" : is_last ? " " : ", ";
		length += (size_t)snprintf(ret + length, size - length, "%s%s%s%s", before, i > 0 && is_last ? last : "",
								   i > 0 && is_last ? " " : "", words[i]);
	}
	return ret;
}
