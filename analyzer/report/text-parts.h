// SPDX-License-Identifier: PostgreSQL
/*
 * text-parts.h - lists with counts and a last use, for the commands report and show.
 */
#ifndef PQLEAK_ANALYZER_REPORT_TEXT_PARTS_H
#define PQLEAK_ANALYZER_REPORT_TEXT_PARTS_H

#include <sqlite3.h>
#include <stdint.h>

#include "analyzer/base/print.h"

#define PART_INDENT 4 /* of what is below a title */

enum part_list { PART_TARGETS, PART_TRANSACTIONS, PART_PROCESSES, PART_LABELS };

/* Prints "label a (7), b (3) and 5 more" of the members of a finding; nothing when there are none. */
void part_list(const struct printer *printer, sqlite3 *db, enum part_list list, int64_t finding);

/* Prints when and how a connection was last used; id 0: never. */
void part_last_use(const struct printer *printer, sqlite3 *db, int64_t connection);

#endif
