// SPDX-License-Identifier: PostgreSQL
/*
 * source-root.h - source files by their place in the user's repository.
 *
 * Owns the folder that paths are told relative to, so that an annotation lands
 * on its line and a baseline made in one checkout holds in another.
 */
#ifndef PQLEAK_ANALYZER_READING_SOURCE_ROOT_H
#define PQLEAK_ANALYZER_READING_SOURCE_ROOT_H

#include <sqlite3.h>
#include <stdbool.h>

/*
 * Adds source_path(file) to a connection: the file's path below the root, else that of the file below it which has the
 * longest part of its path, two names at least, else the file as it is.  source_file(file) is the same, and NULL for
 * what is no file, as Python's <stdin>, or cannot be found from here.  `root` NULL: the working tree of git that
 * holds the current folder, or the current folder.  False: it failed and said so.
 */
bool source_root_use(sqlite3 *db, const char *root);

#endif
