// SPDX-License-Identifier: PostgreSQL
/*
 * take-diff.c - the words of `pqleak diff`; see take.h.
 */
#include "analyzer/options/take.h"

#include <string.h>

#include "analyzer/base/message.h"

const char *const *diff_fail_on_words(void)
{
	static const char *const words[] = {"new", "grown", "none", NULL};

	return words;
}

const char *const *diff_format_words(void)
{
	static const char *const words[] = {"text", "json", NULL};

	return words;
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && strncmp(text, word, length) == 0;
}

bool take_diff_fail_on(const struct option_row *option, const char *value, void *field)
{
	struct diff_choice *diff = field;

	*diff = (struct diff_choice){.format = diff->format, .is_gate = true}; /* the last one stands for all */
	for (const char *word = value;; word++) {
		size_t length = strcspn(word, ",");
		if (is_word(word, length, "new"))
			diff->fails_new = true;
		else if (is_word(word, length, "grown"))
			diff->fails_grown = true;
		else if (!is_word(word, length, "none"))
			return refuse("'--%s=%s': must be new, grown, both with a comma between, or none (see --help)",
						  option->name, value);
		word += length;
		if (*word == '\0')
			return true;
	}
}
