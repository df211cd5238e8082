// SPDX-License-Identifier: PostgreSQL
/*
 * lanes.c - what a timeline wants besides a report, before stacks have names; see life.h.
 */
#include "analyzer/base/query.h"
#include "analyzer/life/life.h"

extern const char lanes_sql[];

bool lanes_fill(sqlite3 *db, const struct report_choice *choice)
{
	return !choice->timeline || query_run(db, lanes_sql);
}
