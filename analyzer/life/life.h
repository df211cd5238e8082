// SPDX-License-Identifier: PostgreSQL
/*
 * life.h - the stages of a report that see a life, and not only its end; findings.c runs them.
 *
 * Each fills TEMP tables that the SQL of its name has made.  False: it failed and said so.
 */
#ifndef PQLEAK_ANALYZER_LIFE_LIFE_H
#define PQLEAK_ANALYZER_LIFE_LIFE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "analyzer/life/last-use.h"
#include "analyzer/options/choice.h"

/* perhaps_abandoned, perhaps_late and perhaps_kept: before anything has a name, so without regard to where it was
 * opened. */
bool life_fill(sqlite3 *db, const struct report_choice *choice);

/* Where choice->timeline: opened_stack, lane and lanes_wants; else nothing. */
bool lanes_fill(sqlite3 *db, const struct report_choice *choice);

/* abandoned, and life_member. */
bool abandoned_fill(sqlite3 *db, const struct report_choice *choice);

/*
 * Finds who is abandoned among `rows`, a query of connections in the order in which they were opened: id, process,
 * target, place, event that opened it, of its last use, of its end or NULL, whether it may be, event of the last use
 * before its last turn or NULL, thread that used it, how often another went on with it.  Each that is goes into
 * `found`, a statement with three parameters: its id, how many were opened meanwhile, and whether more were open then
 * than at its last use.
 * `late`, or NULL, gets the id of each that would be, if its last turn were no use; `kept`, or NULL, the process
 * and target of which perhaps each thread used one alone; `last`, or NULL, counts the last uses by two more columns,
 * the stacks that opened a connection and used it last.
 */
bool life_scan(sqlite3 *db, const char *rows, const char *found, const char *late, const char *kept,
			   struct last_uses *last);

#endif
