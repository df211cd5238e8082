// SPDX-License-Identifier: PostgreSQL
/*
 * baseline.h - what of the findings is known, has grown, or is gone.
 *
 * Fills TEMP TABLE known_entry and makes the tables of baseline.sql.
 */
#ifndef PQLEAK_ANALYZER_KNOWN_BASELINE_H
#define PQLEAK_ANALYZER_KNOWN_BASELINE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "analyzer/base/print.h"
#include "analyzer/known/baseline-file.h"

/* Excuses what the baseline knows and what has not grown: in TEMP TABLE excuse.  After suppress_apply(). */
bool baseline_apply(const struct baseline *baseline, sqlite3 *db);

/* Tells a person what has grown, and, when the trace is `whole`, what was fixed. */
bool baseline_report(const struct printer *printer, const struct baseline *baseline, sqlite3 *db, bool whole);

#endif
