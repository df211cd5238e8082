// SPDX-License-Identifier: PostgreSQL
/*
 * take-gate.c - what fails a check, as --fail-on says it; see take.h.
 */
#include "analyzer/options/take.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/base/message.h"

#define WORD 64
#define LIST 512

bool take_max_open(const struct option_row *option, const char *value, void *field)
{
	struct gate *gate = field;

	gate->limit_open = true;
	return take_number(option, value, &gate->most_open);
}

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

/* A verdict alone is of the kinds that fail by default, or of the one that it can be of; a kind alone is leaked. */
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
	if (verdict != VERDICT_COUNT && !verdict_can_fail(verdict))
		return false;
	if (verdict != VERDICT_COUNT && kind != KIND_NONE && !verdict_is_of(verdict, kind))
		return false;
	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		if (verdict != VERDICT_COUNT && !verdict_is_of(verdict, (enum resource_kind)k))
			continue;
		else if (kind != KIND_NONE ? k == (int)kind : kind_fails((enum resource_kind)k) || verdict == VERDICT_IDLE)
			gate->fails[k][verdict != VERDICT_COUNT ? verdict : VERDICT_LEAKED] = true;
	return true;
}

/* The words of a list as they are typed: "large-object, memory". */
static void add_word(char text[LIST], const char *word)
{
	size_t length = strlen(text);

	snprintf(text + length, LIST - length, "%s%s", length > 0 ? ", " : "", word);
	for (char *blank = text + length + 2 * (length > 0); (blank = strchr(blank, ' ')) != NULL;)
		*blank = '-';
}

/* All that --fail-on takes, by what it is. */
struct fail_on_lists {
	char verdicts[LIST], kinds[LIST], misuses[LIST];
};

static struct fail_on_lists fail_on_lists(void)
{
	struct fail_on_lists lists = {"", "", ""};

	for (int v = 0; v < VERDICT_COUNT; v++)
		if (verdict_can_fail((enum verdict)v))
			add_word(lists.verdicts, verdict_name((enum verdict)v));
	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		add_word(lists.kinds, kind_name((uint8_t)k));
	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		add_word(lists.misuses, misuse_name((uint8_t)m));
	return lists;
}

void fail_on_print(void)
{
	struct fail_on_lists lists = fail_on_lists();

	printf("--fail-on takes these, with commas between:\n\n"
		   "default         leaked connections and results, and misuse\n"
		   "none            nothing\n"
		   "VERDICT         %s\n"
		   "KIND            of which something leaked: %s\n"
		   "VERDICT/KIND    such as leaked/transaction; abandoned and kept are of connections only,\n"
		   "                idle-in-transaction of transactions\n"
		   "misuse          all that no program does by design\n"
		   "MISUSE          %s\n",
		   lists.verdicts, lists.kinds, lists.misuses);
}

static bool refuse_word(const char *word)
{
	struct fail_on_lists lists = fail_on_lists();

	return refuse(
		"'--fail-on=%s': must be a verdict (%s), a kind (%s), VERDICT/KIND (such as leaked/connection), a kind of"
		" misuse (%s), misuse, default or none (see --fail-on=list)",
		word, lists.verdicts, lists.kinds, lists.misuses);
}

static bool fail_on_word(struct gate *gate, const char *word)
{
	enum misuse_kind misuse = misuse_find(word);

	if (misuse != MISUSE_NONE)
		gate->fails_misuse[misuse] = true;
	else if (strcmp(word, "list") == 0)
		gate->is_asked = true;
	else if (strcmp(word, "default") == 0)
		fail_on_default(gate);
	else if (strcmp(word, "misuse") == 0)
		fail_on_misuse(gate);
	else if (strcmp(word, "none") != 0 && !fail_on_resource(gate, word))
		return refuse_word(word);
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

bool take_fail_on(const struct option_row *option, const char *value, void *field)
{
	struct gate *gate = field;

	(void)option;
	gate->is_chosen = true; /* the last one stands for all */
	memset(gate->fails, 0, sizeof gate->fails);
	memset(gate->fails_misuse, 0, sizeof gate->fails_misuse);
	return fail_on(gate, value);
}

/* But for VERDICT/KIND. */
const char *const *fail_on_words(void)
{
	static const char *words[4 + VERDICT_COUNT + KIND_COUNT + MISUSE_COUNT + 1] = {"default", "none", "misuse", "list"};
	int count = 4;

	for (int v = 0; v < VERDICT_COUNT; v++)
		if (verdict_can_fail((enum verdict)v))
			words[count++] = verdict_name((enum verdict)v);
	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		words[count++] = kind_name((uint8_t)k);
	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		words[count++] = misuse_name((uint8_t)m);
	return words;
}
