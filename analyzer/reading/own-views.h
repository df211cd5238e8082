// SPDX-License-Identifier: PostgreSQL
/*
 * own-views.h - this build's views, in the place of those that a trace has stored.
 *
 * Owns which of them are there: each is made when a statement first names it,
 * because SQLite takes longer to parse all of them than to report a small trace.
 */
#ifndef PQLEAK_ANALYZER_READING_OWN_VIEWS_H
#define PQLEAK_ANALYZER_READING_OWN_VIEWS_H

#include <sqlite3.h>

/*
 * From now on every statement for this database that query.h prepares finds this build's views: of the names that
 * follow FROM, JOIN, IN, and of no others, so no query of the analyzer names a view behind a comma.
 */
void own_views_begin(sqlite3 *db);
void own_views_end(void);

#endif
