// SPDX-License-Identifier: PostgreSQL
/*
 * timeline.h - lines of characters in the place of pictures, for `pqleak timeline`.
 */
#ifndef PQLEAK_ANALYZER_COMMANDS_TIMELINE_H
#define PQLEAK_ANALYZER_COMMANDS_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/base/print.h"
#include "analyzer/reading/reading.h"
#include "analyzer/symbols/module-file.h"

struct timeline {
	struct printer printer;
	const struct symbol_choice *symbols;
	int columns; /* of a picture */
	int64_t connection;
	int64_t max_connections; /* 0: unknown */
};

/* The life of one connection. */
reading_prepare timeline_prepare_life;
reading_print timeline_print_life;

#endif
