// SPDX-License-Identifier: PostgreSQL
/*
 * take-export.c - the words of `pqleak export`; see take.h.
 */
#include "analyzer/options/take.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/base/message.h"

#define WORD 32

const char *const export_names[EXPORT_COUNT + 1] = {
#define EXPORT(name, is_binary, has_weights) [EXPORT_##name] = #name,
#include "analyzer/options/exports.def"
};

const char *const *export_words(void)
{
	return export_names;
}

const char *const *weight_words(void)
{
	static const char *const words[] = {
#define WEIGHT(word, column, unit) word,
#include "analyzer/options/weights.def"
		NULL};

	return words;
}

/* As they are typed: with '-' for a blank. */
const char *const *kind_words(void)
{
	static char typed[KIND_COUNT][WORD];
	static const char *words[KIND_COUNT + 1];
	int count = 0;

	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++) {
		snprintf(typed[k], sizeof typed[k], "%s", kind_name((uint8_t)k));
		for (char *blank = typed[k]; (blank = strchr(blank, ' ')) != NULL;)
			*blank = '-';
		words[count++] = typed[k];
	}
	return words;
}

static bool refuse_word(const struct option_row *option, const char *value, const char *const *words)
{
	char all[256], hint[HINT_TEXT];

	return refuse("'--%s=%s': must be %s%s (see --help)", option->name, value, list_words(all, sizeof all, words, "or"),
				  did_you_mean(hint, "", nearest(value, words)));
}

bool take_export(const struct option_row *option, const char *value, void *field)
{
	for (int f = 0; f < EXPORT_COUNT; f++)
		if (strcmp(export_names[f], value) == 0) {
			*(enum export_format *)field = (enum export_format)f;
			return true;
		}
	return refuse_word(option, value, export_names);
}

bool take_kind(const struct option_row *option, const char *value, void *field)
{
	enum resource_kind kind = kind_find(value);

	*(enum resource_kind *)field = kind;
	return kind != KIND_NONE || refuse_word(option, value, kind_words());
}
