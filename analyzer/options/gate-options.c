// SPDX-License-Identifier: PostgreSQL
/*
 * gate-options.c - see gate-options.h.
 */
#include "analyzer/options/gate-options.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/option-value.h"
#include "analyzer/options/options.h"

#define WORD 64

static void fail_on_misuse(struct gate *gate)
{
	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		gate->fails_misuse[m] = gate->fails_misuse[m] || !misuse_by_design((enum misuse_kind)m);
}

static void fail_on_default(struct gate *gate)
{
	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		gate->fails[k][VERDICT_LEAKED] = gate->fails[k][VERDICT_LEAKED] || kind_fails((enum resource_kind)k);
	fail_on_misuse(gate);
}

/* A verdict alone is of the kinds that fail by default, a kind alone is leaked. */
static bool fail_on_resource(struct gate *gate, const char *word)
{
	char name[WORD];
	const char *slash = strchr(word, '/');

	snprintf(name, sizeof name, "%.*s", slash != NULL ? (int)(slash - word) : WORD, word);
	enum verdict verdict = verdict_find(name);
	enum resource_kind kind = kind_find(slash != NULL ? slash + 1 : word);
	if (slash != NULL && (verdict == VERDICT_COUNT || kind == KIND_NONE))
		return false;
	if (verdict == VERDICT_COUNT && kind == KIND_NONE)
		return false;
	if (verdict == VERDICT_RELEASED || verdict == VERDICT_INHERITED)
		return false;
	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		if (kind != KIND_NONE ? k == (int)kind : kind_fails((enum resource_kind)k))
			gate->fails[k][verdict != VERDICT_COUNT ? verdict : VERDICT_LEAKED] = true;
	return true;
}

static bool fail_on_word(struct gate *gate, const char *word)
{
	enum misuse_kind misuse = misuse_find(word);

	if (misuse != MISUSE_NONE)
		gate->fails_misuse[misuse] = true;
	else if (strcmp(word, "default") == 0)
		fail_on_default(gate);
	else if (strcmp(word, "misuse") == 0)
		fail_on_misuse(gate);
	else if (strcmp(word, "none") != 0 && !fail_on_resource(gate, word))
		return fail(false,
					"'--fail-on=%s': it must be VERDICT/KIND, as leaked/connection, a verdict (leaked, open-at-death,"
					" open), a kind of resource or misuse, misuse, default or none (see pqleak(1))",
					word);
	return true;
}

static bool fail_on(struct gate *gate, const char *words)
{
	for (;;) {
		char word[WORD];
		size_t length = strcspn(words, ",");
		snprintf(word, sizeof word, "%.*s", (int)length, words);
		if (!fail_on_word(gate, word))
			return false;
		if (words[length] == '\0')
			return true;
		words += length + 1;
	}
}

bool gate_has_option(int option)
{
	return option == OPTION_MAX || option == OPTION_ALLOW_HELD || option == OPTION_ALLOW_UNSEEN ||
		   option == OPTION_MAX_OPEN || option == OPTION_FAIL_ON;
}

bool gate_option(int option, const char *value, struct gate *gate)
{
	switch (option) {
	case OPTION_MAX:
		return option_number("max", value, INT64_MAX, &gate->tolerated);
	case OPTION_ALLOW_HELD:
		gate->allow_held = true;
		return true;
	case OPTION_ALLOW_UNSEEN:
		gate->allow_unseen = true;
		return true;
	case OPTION_MAX_OPEN:
		gate->limit_open = true;
		return option_number("max-open", value, INT64_MAX, &gate->most_open);
	case OPTION_FAIL_ON:
		gate->is_chosen = true; /* the last one stands for all */
		memset(gate->fails, 0, sizeof gate->fails);
		memset(gate->fails_misuse, 0, sizeof gate->fails_misuse);
		return fail_on(gate, value);
	default:
		return false;
	}
}
