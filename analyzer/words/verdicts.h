// SPDX-License-Identifier: PostgreSQL
/*
 * verdicts.h - what has become of a resource, as the view connection_life says.
 */
#ifndef PQLEAK_ANALYZER_WORDS_VERDICTS_H
#define PQLEAK_ANALYZER_WORDS_VERDICTS_H

#include "analyzer/words/kinds.h"

enum verdict {
	VERDICT_RELEASED,
	VERDICT_LEAKED,
	VERDICT_OPEN_AT_DEATH,
	VERDICT_OPEN,
	VERDICT_INHERITED,
	VERDICT_COUNT /* also: no verdict */
};

/* By its name; VERDICT_COUNT: there is none of that name. */
enum verdict verdict_find(const char *name);

const char *verdict_name(enum verdict verdict);

/* What has become of one of that kind, for a title: "leaked", "never cleared", "open at death", ... */
const char *verdict_words(enum resource_kind kind, enum verdict verdict);

#endif
