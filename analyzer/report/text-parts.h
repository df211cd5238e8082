// SPDX-License-Identifier: PostgreSQL
/*
 * text-parts.h - the pieces of a text report, shared by report and show.
 *
 * Owns how a stack, a list with counts, a last use and the summary look.
 */
#ifndef PQLEAK_ANALYZER_REPORT_TEXT_PARTS_H
#define PQLEAK_ANALYZER_REPORT_TEXT_PARTS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/base/print.h"
#include "analyzer/findings/findings.h"

#define PART_INDENT 4

enum part_list { PART_TARGETS, PART_TRANSACTIONS, PART_PROCESSES, PART_LABELS };

/* A stack to print. */
struct part_stack {
	char *title; /* what happened there */
	int64_t stack;
	bool whole;  /* nothing is cut, names are not shortened */
	bool blamed; /* the call of this level and depth stands out, and is shown */
	int level, depth;
};

/* Prints a stack, innermost first, without a title; drivers are dimmed.  Unless `whole`, long ones are cut around the
 * call site.  Interpreters' frames are left out unless printer->native. */
void part_stack(const struct printer *printer, sqlite3 *db, int64_t stack, bool whole);

/* Prints up to three with their titles: side by side where the terminal is wide, else one under the other. */
void part_stacks(const struct printer *printer, sqlite3 *db, const struct part_stack *parts, int count);

/* Prints "label a (7), b (3) and 5 more" of the members of a finding; nothing when there are none. */
void part_list(const struct printer *printer, sqlite3 *db, enum part_list list, int64_t finding);

/* Prints when and how a connection was last used; id 0: never. */
void part_last_use(const struct printer *printer, sqlite3 *db, int64_t connection);

/* Prints the first lines; one stands alone when there is nothing else to say. */
void report_headline(const struct printer *printer, const struct report_choice *choice, const struct totals *totals);

/* Prints misuse with its stacks; nothing when there is none.  False: it failed. */
bool report_misuse(const struct printer *printer, sqlite3 *db, bool all, bool excused);

/* Prints the numbers of the whole trace, and why it cannot prove more than it says. */
void report_summary(const struct printer *printer, const struct reading *reading, const struct totals *totals);

#define SENTENCE 256

/* Adds a count with words before and after it to a sentence; what is 0 is not told. */
void append_count(char text[SENTENCE], const char *separator, int64_t count, const char *before, const char *after);

#endif
