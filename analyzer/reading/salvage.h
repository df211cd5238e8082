// SPDX-License-Identifier: PostgreSQL
/*
 * salvage.h - what can still be read of a trace whose file is cut short.
 *
 * Owns the copy that is read in its place, and what that says of what is missing.  Called by reading.c.  Never changes
 * the file.
 */
#ifndef PQLEAK_ANALYZER_READING_SALVAGE_H
#define PQLEAK_ANALYZER_READING_SALVAGE_H

#include <sqlite3.h>
#include <stdbool.h>

/*
 * Puts a temporary trace in `*ret`, with the rows of the file at `path` that are there.  It is incomplete, and says by
 * how much; where rows are missing on which a verdict rests, nobody can tell what was released.  False: the file is not
 * cut short, or nothing can be read of it; nothing is printed.
 */
bool salvage_open(sqlite3 **ret, const char *path);

#endif
