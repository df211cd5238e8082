// SPDX-License-Identifier: PostgreSQL
/*
 * functions.h - the analyzer's own SQL functions and views.
 *
 * Owns basename(), short_name() and transaction_name(), and the views of calls.sql that use it.
 */
#ifndef PQLEAK_ANALYZER_READING_FUNCTIONS_H
#define PQLEAK_ANALYZER_READING_FUNCTIONS_H

#include <sqlite3.h>
#include <stdbool.h>

/* Adds them to a connection; false: it failed and said so. */
bool functions_add(sqlite3 *db);

#endif
