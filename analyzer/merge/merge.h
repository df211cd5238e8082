// SPDX-License-Identifier: PostgreSQL
/*
 * merge.h - several traces put into one.
 *
 * Called by the command `merge`.
 */
#ifndef PQLEAK_ANALYZER_MERGE_MERGE_H
#define PQLEAK_ANALYZER_MERGE_MERGE_H

#include <sqlite3.h>
#include <stdbool.h>

/* Adds the traces to that at `into`, which is made where there is none; all of them, or none.  False: it failed and
 * said so. */
bool merge_traces(const char *into, char **traces, int count);

/* For the room: fills TEMP TABLE map_stack, and adds the stacks that are not there. */
bool merge_stacks(sqlite3 *db);

#endif
