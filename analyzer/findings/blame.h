// SPDX-License-Identifier: PostgreSQL
/*
 * blame.h - the place that a report names for what was not released.
 *
 * Fills the tables of blame.sql.  The rule is separate.h's.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_BLAME_H
#define PQLEAK_ANALYZER_FINDINGS_BLAME_H

#include <sqlite3.h>
#include <stdbool.h>

/* With `releases` it finds what is comparable, too.  False: it failed and said so. */
bool blame_fill(sqlite3 *db, bool releases);

#endif
