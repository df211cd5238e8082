// SPDX-License-Identifier: PostgreSQL
/*
 * counts.h - parts of sentences that the first lines of a text report and its summary share.
 */
#ifndef PQLEAK_ANALYZER_TEXT_COUNTS_H
#define PQLEAK_ANALYZER_TEXT_COUNTS_H

#include <sqlite3.h>
#include <stdint.h>

#define SENTENCE 256
#define UNSEEN_NAMES 512

/* Adds a count with words before and after it to a sentence; what is 0 is not told. */
void append_count(char text[SENTENCE], const char *separator, int64_t count, const char *before, const char *after);

/* How many programs were out of sight: "relay", "spoke" or "passed"; `text` names the first.  Why they were, the
 * reasons say. */
int64_t list_unseen(sqlite3 *db, const char *which, char text[UNSEEN_NAMES]);

#endif
