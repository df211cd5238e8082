// SPDX-License-Identifier: PostgreSQL
/*
 * functions.h - the analyzer's own SQL functions and views.
 *
 * Owns basename(), short_name(), source_path() and others, and the views of open.sql.
 */
#ifndef PQLEAK_ANALYZER_READING_FUNCTIONS_H
#define PQLEAK_ANALYZER_READING_FUNCTIONS_H

#include <sqlite3.h>
#include <stdbool.h>

/* Adds them to a connection; false: it failed and said so. */
bool functions_add(sqlite3 *db);

/*
 * Adds source_path(file) to a connection: the file's path below the root, else that of the file below it which has the
 * longest part of its path, two names at least, else the file as it is.  source_file(file) is the same, and NULL for
 * what is no file, as Python's <stdin>, or cannot be found from here.  `root` NULL: the working tree of git that
 * holds the current folder, or the current folder.  False: it failed and said so.
 */
bool source_root_use(sqlite3 *db, const char *root);

#endif
