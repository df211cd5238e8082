// SPDX-License-Identifier: PostgreSQL
/*
 * verdicts.c - see verdicts.h.
 */
#include "analyzer/words/verdicts.h"

static const char *const names[VERDICT_COUNT] = {
	[VERDICT_RELEASED] = "released", [VERDICT_LEAKED] = "leaked",       [VERDICT_OPEN_AT_DEATH] = "open-at-death",
	[VERDICT_OPEN] = "open",         [VERDICT_INHERITED] = "inherited",
};

enum verdict verdict_find(const char *name)
{
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (same_name(names[v], name))
			return (enum verdict)v;
	return VERDICT_COUNT;
}

const char *verdict_name(enum verdict verdict)
{
	return names[verdict];
}

const char *verdict_words(enum resource_kind kind, enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_LEAKED:
		return kind_unreleased(kind);
	case VERDICT_OPEN_AT_DEATH:
		return "open at death";
	case VERDICT_OPEN:
		return "still open";
	case VERDICT_RELEASED:
	case VERDICT_INHERITED:
	case VERDICT_COUNT:
		break;
	}
	return verdict < VERDICT_COUNT ? names[verdict] : "";
}
