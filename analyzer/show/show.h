// SPDX-License-Identifier: PostgreSQL
/*
 * show.h - what `pqleak show` shows, and the lines of which `pqleak show ID` is made.
 */
#ifndef PQLEAK_ANALYZER_SHOW_SHOW_H
#define PQLEAK_ANALYZER_SHOW_SHOW_H

#include <stdint.h>

#include "analyzer/base/print.h"
#include "analyzer/options/arguments.h"
#include "analyzer/reading/reading.h"
#include "analyzer/symbols/module-file.h"
#include "analyzer/words/kinds.h"

/* The context of what prepares and prints. */
struct shown {
	struct printer printer;
	const struct symbol_choice *symbols;
	enum resource_kind kind;
	int64_t id;
	bool open;
	const struct listing *listing;
};

/* Whether a list of some is asked for, or one in another order, and whether there is one; false: there is none, and
 * that was said. */
bool list_is_chosen(const struct shown *shown);
bool list_possible(const struct shown *shown);
reading_prepare prepare_list;
reading_print print_list;

/* Prints a line with its label; the format is SQLite's. */
void show_field(const struct printer *printer, const char *label, const char *format, ...);

/* A column of the row that is shown, by its name. */
const char *show_text(sqlite3_stmt *row, const char *name);
int64_t show_number(sqlite3_stmt *row, const char *name);
bool show_has(sqlite3_stmt *row, const char *name);

/* One connection from its opening to its end; one of what else is lent, from its acquire to its process's end. */
reading_prepare prepare_life, prepare_resource;
reading_print print_life, print_resource;

#endif
