// SPDX-License-Identifier: PostgreSQL
/*
 * suppress.h - what the suppressions excuse, and which of them are of no use.
 *
 * Owns TEMP TABLE suppression.
 */
#ifndef PQLEAK_ANALYZER_KNOWN_SUPPRESS_H
#define PQLEAK_ANALYZER_KNOWN_SUPPRESS_H

#include <sqlite3.h>
#include <stdbool.h>

#include "analyzer/base/print.h"
#include "analyzer/known/suppress-file.h"

/*
 * Makes TEMP TABLE suppression (number, as excuse.rule has it; file, real_file, line, pattern, reason, expires;
 * expired; matched: how many kinds of finding and stacks; stale: expired, or matched nothing) and fills TEMP TABLE
 * excuse.  Needs TEMP TABLEs tally_life, found_misuse, frame_call and excuse.
 */
bool suppress_apply(const struct suppressions *suppressions, sqlite3 *db);

/* Tells a person of those that have expired and those that matched nothing. */
bool suppress_report(const struct printer *printer, sqlite3 *db);

/* Writes entries that suppress what was found and is not excused yet, ready to be put into a file. */
bool suppress_print(sqlite3 *db, FILE *file);

#endif
