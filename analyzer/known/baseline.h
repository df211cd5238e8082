// SPDX-License-Identifier: PostgreSQL
/*
 * baseline.h - what of the findings is known, has grown, or is gone.
 *
 * Owns TEMP TABLE baseline.
 */
#ifndef PQLEAK_ANALYZER_KNOWN_BASELINE_H
#define PQLEAK_ANALYZER_KNOWN_BASELINE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/known/baseline-file.h"
#include "analyzer/base/print.h"

/*
 * Makes TEMP TABLEs path_stack and path_count (what was found, by path; see baseline.sql) and TEMP TABLE baseline
 * (number, as excuse.rule has it; kind, verdict, path, known, now, suppressed), and fills TEMP TABLE excuse.  Needs
 * TEMP TABLEs tally_life, found_misuse, stack_path and excuse, with the suppressed stacks.
 */
bool baseline_apply(const struct baseline *baseline, sqlite3 *db);

/* Tells a person what has grown, and, when the trace is `whole`, what was fixed. */
bool baseline_report(const struct printer *printer, const struct baseline *baseline, sqlite3 *db, bool whole);

#endif
