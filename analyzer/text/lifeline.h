// SPDX-License-Identifier: PostgreSQL
/*
 * lifeline.h - the life of one connection as a line of characters, for `pqleak timeline --connection`.
 */
#ifndef PQLEAK_ANALYZER_TEXT_LIFELINE_H
#define PQLEAK_ANALYZER_TEXT_LIFELINE_H

#include <stdint.h>

#include "analyzer/base/print.h"
#include "analyzer/reading/reading.h"

struct symbol_choice;

/* The context of what prepares and prints. */
struct lifeline {
	struct printer printer;
	const struct symbol_choice *symbols;
	int columns; /* of the line */
	int64_t connection;
};

reading_prepare lifeline_prepare;
reading_print lifeline_print;

#endif
