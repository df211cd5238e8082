// SPDX-License-Identifier: PostgreSQL
/*
 * gate.c - what fails a check; see gate.h.
 */
#include "analyzer/gate.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/command.h"
#include "analyzer/findings.h"
#include "analyzer/message.h"
#include "analyzer/options.h"

#define WORD 64

static bool fail_on_word(struct gate *gate, const char *word)
{
	enum resource_kind kind = kind_find(word);
	enum misuse_kind misuse = misuse_find(word);

	if (kind != KIND_NONE)
		gate->fails[kind] = true;
	else if (misuse != MISUSE_NONE)
		gate->fails_misuse[misuse] = true;
	else if (strcmp(word, "misuse") == 0)
		for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
			gate->fails_misuse[m] = gate->fails_misuse[m] || !misuse_by_design((enum misuse_kind)m);
	else
		return fail(false, "'--fail-on=%s': there is no such kind of resource or misuse (see pqleak(1))", word);
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
		return options_number("max", value, INT64_MAX, &gate->tolerated);
	case OPTION_ALLOW_HELD:
		gate->allow_held = true;
		return true;
	case OPTION_ALLOW_UNSEEN:
		gate->allow_unseen = true;
		return true;
	case OPTION_MAX_OPEN:
		gate->limit_open = true;
		return options_number("max-open", value, INT64_MAX, &gate->most_open);
	case OPTION_FAIL_ON:
		return fail_on(gate, value);
	default:
		return false;
	}
}

bool gate_too_many(const struct gate *gate, const struct totals *totals)
{
	return gate->limit_open && totals->peak.open > gate->most_open;
}

static bool fails_more(const struct gate *gate, const struct totals *totals)
{
	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		if (gate->fails[k] && totals->found[k] > 0)
			return true;
	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		if (gate->fails_misuse[m] && totals->misuse[m] > 0)
			return true;
	return gate_too_many(gate, totals);
}

int64_t gate_reasons(const struct gate *gate, const struct totals *totals)
{
	/* Where nothing at all was intercepted, that is what stands in the way. */
	return totals->reasons - (gate->allow_unseen ? totals->unseen : 0);
}

int gate_status(const struct gate *gate, const struct totals *totals, int leak_status)
{
	int64_t leaked = totals_leaked(totals) - (gate->allow_held ? totals->held : 0);

	if (leaked > gate->tolerated || fails_more(gate, totals))
		return leak_status;
	return gate_reasons(gate, totals) > 0 ? STATUS_UNABLE : STATUS_CLEAN;
}
