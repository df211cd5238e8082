// SPDX-License-Identifier: PostgreSQL
/*
 * suppress.h - what the suppressions excuse, and which of them are of no use.
 *
 * Fills TEMP TABLE suppression; see known.sql.
 */
#ifndef PQLEAK_ANALYZER_KNOWN_SUPPRESS_H
#define PQLEAK_ANALYZER_KNOWN_SUPPRESS_H

#include <sqlite3.h>
#include <stdbool.h>

#include "analyzer/base/print.h"
#include "analyzer/known/suppress-file.h"

/* Excuses what the suppressions match: in TEMP TABLE excuse. */
bool suppress_apply(const struct suppressions *suppressions, sqlite3 *db);

/* Tells a person of those that have expired and those that matched nothing. */
bool suppress_report(const struct printer *printer, sqlite3 *db);

/* Writes entries that suppress what was found and is not excused yet, ready to be put into a file. */
bool suppress_print(sqlite3 *db, FILE *file);

#endif
