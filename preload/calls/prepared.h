// SPDX-License-Identifier: PostgreSQL
/*
 * prepared.h - the names of prepared statements.
 *
 * A name is only compared, never stored: it becomes a number.  Knows just
 * enough SQL to see which one a statement ends.
 */
#ifndef PQLEAK_PRELOAD_CALLS_PREPARED_H
#define PQLEAK_PRELOAD_CALLS_PREPARED_H

#include <stdbool.h>
#include <stdint.h>

/* A number for that name, never 0; 0 for the unnamed statement (NULL or ""). */
uint64_t prepared_name(const char *name);

/*
 * Whether the SQL statement begins with DEALLOCATE or DISCARD ALL; *ret_name is then the number of the name it ends, 0:
 * all names.
 */
bool prepared_ended_by(const char *statement, uint64_t *ret_name);

#endif
