// SPDX-License-Identifier: PostgreSQL
/*
 * diff.h - what is new, gone, grown or shrunk between two traces.
 *
 * Called by the command `diff`.
 */
#ifndef PQLEAK_ANALYZER_DIFF_DIFF_H
#define PQLEAK_ANALYZER_DIFF_DIFF_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

#include "analyzer/options/choice.h"

/* The exit status, or -1: it failed and said so.  Prints to `file`. */
int diff_print(const char *before, const char *after, const struct report_choice *choice,
			   const struct diff_choice *diff, FILE *file);

/* For the room. */
enum diff_side { DIFF_BEFORE = 1, DIFF_AFTER = 2 };

/* What a comparison comes to. */
struct diff_outcome {
	bool fails;                     /* something is as --fail-on says */
	bool knows_before, knows_after; /* the trace holds everything that happened */
};

bool diff_text(sqlite3 *db, const struct diff_outcome *outcome, bool is_gate, bool all, FILE *file);

#endif
