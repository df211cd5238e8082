// SPDX-License-Identifier: PostgreSQL
/*
 * notes.h - habits worth a note, in words.
 *
 * Owns what is said of a row of TEMP TABLE note, in every format; noted.sql has the numbers.
 */
#ifndef PQLEAK_ANALYZER_TEXT_NOTES_H
#define PQLEAK_ANALYZER_TEXT_NOTES_H

#include <sqlite3.h>
#include <stdbool.h>

#include "analyzer/base/print.h"

/* Prints those that are worth it, or all; nothing when there is none.  `last`: nothing follows.  False: it failed. */
bool notes_print(const struct printer *printer, sqlite3 *db, bool all, bool last);

/*
 * Makes what the formats for programs need of them: TEMP TABLE note_sort (sort, in the order of JSON, title, help,
 * stack_words, other_words), without the sorts that have another place there, and TEMP TABLE note_message (note, in
 * the order in which they are told; message), without what `reproducible` leaves out.  False: it failed.
 */
bool notes_tell(sqlite3 *db, bool all, bool reproducible);

#endif
