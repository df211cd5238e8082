// SPDX-License-Identifier: PostgreSQL
/*
 * blame.h - the place that a report names for what was not released.
 *
 * Owns TEMP TABLEs stack_count, stack_blame, separation and comparable.  The rule is
 * separate.h's.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_BLAME_H
#define PQLEAK_ANALYZER_FINDINGS_BLAME_H

#include <sqlite3.h>
#include <stdbool.h>

/*
 * Before symbols are looked up: counts, of each kind of which something was lost, what was lost and released by stack,
 * and adds these stacks to TEMP TABLE wanted_stack; with `releases` also those of releases and last uses.
 */
bool blame_count(sqlite3 *db, bool releases);

/* After sites_make(): blames; with `releases` finds what is comparable. */
bool blame_make(sqlite3 *db, bool releases);

#endif
