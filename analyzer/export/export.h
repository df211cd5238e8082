// SPDX-License-Identifier: PostgreSQL
/*
 * export.h - printing a trace in the formats of other tools.
 *
 * Called by the command `export`, after findings_make() with everything.
 */
#ifndef PQLEAK_ANALYZER_EXPORT_EXPORT_H
#define PQLEAK_ANALYZER_EXPORT_EXPORT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

#include "analyzer/options/choice.h"

struct export
{
	sqlite3 *db;
	const char *trace; /* as the user gave it */
	const struct export_choice *choice;
	bool native;       /* the frames of interpreters, too */
	bool for_terminal; /* nothing in it may drive one */
};

/* False: it failed and said so. */
bool export_print(const struct export *export, FILE *file);

/* Whether a terminal cannot show the format. */
bool export_is_binary(enum export_format format);

/* Whether it has stacks, of which the choice says what they weigh. */
bool export_has_weights(enum export_format format);

/* For the room: a format. */
typedef bool export_printer(const struct export *export, FILE *file);

#define EXPORT(name, is_binary, has_weights) export_printer export_##name;
#include "analyzer/options/exports.def"

#endif
