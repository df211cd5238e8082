// SPDX-License-Identifier: PostgreSQL
/*
 * skip-use.h - the user's own patterns of code that is no call site, where sites are looked for.
 *
 * Fills TEMP TABLE skip, which a reading begins with; the views of calls.sql read it.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_SKIP_USE_H
#define PQLEAK_ANALYZER_FINDINGS_SKIP_USE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "analyzer/options/choice.h"

/* False: it failed and said so. */
bool skip_use(const struct skip *skip, sqlite3 *db);

#endif
