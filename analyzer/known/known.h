// SPDX-License-Identifier: PostgreSQL
/*
 * known.h - what of the findings is known and excused, and what of that has grown, is gone, or was of no use.
 *
 * Fills the tables of known.sql, and makes those of baseline.sql.
 */
#ifndef PQLEAK_ANALYZER_KNOWN_KNOWN_H
#define PQLEAK_ANALYZER_KNOWN_KNOWN_H

#include <sqlite3.h>
#include <stdbool.h>

#include "analyzer/base/print.h"
#include "analyzer/known/baseline-file.h"
#include "analyzer/known/suppress-file.h"

/* Excuses what the suppressions match: in TEMP TABLE excuse. */
bool suppress_apply(const struct suppressions *suppressions, sqlite3 *db);

/* The same of what the baseline knows and what has not grown.  After suppress_apply(). */
bool baseline_apply(const struct baseline *baseline, sqlite3 *db);

/* Tells a person of suppressions that have expired and those that matched nothing. */
bool suppress_report(const struct printer *printer, sqlite3 *db);

/* Tells a person what has grown, and, when the trace is `whole`, what was fixed. */
bool baseline_report(const struct printer *printer, const struct baseline *baseline, sqlite3 *db, bool whole);

/* Writes entries that suppress what was found and is not excused yet, ready to be put into a file. */
bool suppress_print(sqlite3 *db, FILE *file);

#endif
