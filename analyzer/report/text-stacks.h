// SPDX-License-Identifier: PostgreSQL
/*
 * text-stacks.h - how a stack looks, for the commands report and show.
 */
#ifndef PQLEAK_ANALYZER_REPORT_TEXT_STACKS_H
#define PQLEAK_ANALYZER_REPORT_TEXT_STACKS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/base/print.h"

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

#endif
