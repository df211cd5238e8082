// SPDX-License-Identifier: PostgreSQL
/*
 * tally.h - one scan over all resources, counted into a small table.
 *
 * Owns TEMP TABLE tally, the material of every report.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_TALLY_H
#define PQLEAK_ANALYZER_FINDINGS_TALLY_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Fills TEMP TABLEs tally and stack_habit.  `released`: released resources are told apart by stack too, not only
 * counted.  `late_ns`: see habits_new().
 */
bool tally_fill(sqlite3 *db, bool released, int64_t late_ns);

#endif
