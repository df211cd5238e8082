// SPDX-License-Identifier: PostgreSQL
/*
 * gate.c - what fails a check; see gate.h.
 */
#include "analyzer/findings/gate.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/options/command.h"
#include "analyzer/findings/findings.h"
#include "analyzer/base/message.h"
#include "analyzer/base/option-value.h"
#include "analyzer/options/options.h"
#include "analyzer/base/query.h"

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

bool gate_too_many(const struct gate *gate, int64_t open)
{
	return gate->limit_open && open > gate->most_open;
}

bool gate_fails(const struct gate *gate, enum resource_kind kind, enum verdict verdict)
{
	return gate->is_chosen ? gate->fails[kind][verdict] : kind_fails(kind) && verdict == VERDICT_LEAKED;
}

bool gate_fails_misuse(const struct gate *gate, enum misuse_kind misuse)
{
	return gate->is_chosen ? gate->fails_misuse[misuse] : !misuse_by_design(misuse);
}

int64_t gate_failing(const struct gate *gate, const struct totals *totals)
{
	int64_t failing = 0;

	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		for (int v = 0; v < VERDICT_COUNT; v++)
			if (gate_fails(gate, (enum resource_kind)k, (enum verdict)v))
				failing += totals->found[k][v] - (gate->allow_held ? totals->held[k][v] : 0);
	return failing;
}

static bool tell(sqlite3_stmt *insert, const char *kind, const char *verdict)
{
	bool failed = insert == NULL;

	if (failed)
		return false;
	sqlite3_bind_text(insert, 1, kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 2, verdict, -1, SQLITE_STATIC);
	query_next(insert, &failed);
	sqlite3_reset(insert);
	return !failed;
}

bool gate_tell(const struct gate *gate, sqlite3 *db)
{
	static const char make[] = "DROP TABLE IF EXISTS temp.gated;"
							   "CREATE TEMP TABLE gated (kind TEXT, verdict TEXT, PRIMARY KEY (kind, verdict))";
	bool done = query_run(db, make);
	QUERY_CLEANUP insert = done ? query_prepare(db, "INSERT INTO gated VALUES (?, ?)") : NULL;

	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		for (int v = 0; v < VERDICT_COUNT; v++)
			if (gate_fails(gate, (enum resource_kind)k, (enum verdict)v))
				done = done && tell(insert, kind_name((uint8_t)k), verdict_name((enum verdict)v));
	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		if (gate_fails_misuse(gate, (enum misuse_kind)m))
			done = done && tell(insert, misuse_name((uint8_t)m), "misuse");
	return done;
}

static bool is_misused(const struct gate *gate, const struct totals *totals)
{
	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		if (gate_fails_misuse(gate, (enum misuse_kind)m) && totals->misuse[m] > 0)
			return true;
	return false;
}

int gate_status(const struct report_choice *choice, const struct totals *totals, int leak_status)
{
	const struct gate *gate = &choice->gate;

	if (choice->accepted.strict && totals->stale > 0)
		return leak_status;
	if (gate_failing(gate, totals) > gate->tolerated || is_misused(gate, totals) ||
		gate_too_many(gate, totals->peak.open))
		return leak_status;
	return totals->reasons > totals->accepted ? STATUS_UNABLE : STATUS_CLEAN;
}
