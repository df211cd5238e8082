// SPDX-License-Identifier: PostgreSQL
/*
 * stages.h - the stages of a report that take more than SQL; findings.c runs them.
 *
 * Each fills TEMP tables that the SQL of its name has made.  False: it failed and said so.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_STAGES_H
#define PQLEAK_ANALYZER_FINDINGS_STAGES_H

#include <sqlite3.h>
#include <stdbool.h>

#include "analyzer/options/choice.h"

/* tally and stack_habit, in one scan over all resources.  With --all what was released is told apart by stack, too. */
bool tally_fill(sqlite3 *db, const struct report_choice *choice);

/* stack_blame and separation: the place that a report names for what was not released.  The rule is separate.h's.  With
 * --stacks also comparable. */
bool blame_fill(sqlite3 *db, const struct report_choice *choice);

#endif
