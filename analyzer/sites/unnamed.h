// SPDX-License-Identifier: PostgreSQL
/*
 * unnamed.h - the files whose code has no names in a report, and where there may be some.
 *
 * Owns TEMP TABLEs told_stack and unnamed (a row for each file: its build-id, why it has no names, its package).
 */
#ifndef PQLEAK_ANALYZER_SITES_UNNAMED_H
#define PQLEAK_ANALYZER_SITES_UNNAMED_H

#include <sqlite3.h>
#include <stdbool.h>

#include "analyzer/options/choice.h"

/* Of the stacks that the query selects, which sites_make() was asked for before; false: it failed and said so. */
bool unnamed_make(sqlite3 *db, const struct symbol_choice *choice, const char *stacks);

#define UNNAMED_MAKE "told_stack unnamed"

#endif
