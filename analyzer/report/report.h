// SPDX-License-Identifier: PostgreSQL
/*
 * report.h - printing what a trace says.
 *
 * Owns the forms of a report.  Called by the commands report, check and
 * run, after findings_make().
 */
#ifndef PQLEAK_ANALYZER_REPORT_REPORT_H
#define PQLEAK_ANALYZER_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analyzer/options/accepted.h"
#include "analyzer/report/formats.h"
#include "analyzer/findings/gate.h"
#include "analyzer/symbols/module-file.h"
#include "analyzer/options/skip.h"

struct printer;
struct reading;
struct totals;

/* What the user asked for. */
struct report_choice {
	const char *group_by; /* "site" (also when NULL), "stack", "function", "module", "database" or "label" */
	bool all;
	struct formats formats;
	bool stacks;             /* also those of the last use, and of where what is comparable was released */
	const char *source_root; /* NULL: see source_root_use */
	int64_t held_ns;         /* what was held, or idle in a transaction, so long is named; 0: not asked for */
	struct gate gate;
	struct accepted accepted;
	struct symbol_choice symbols;
	struct frame_choice frames;
};

#define REPORT_CHOICE_CLEANUP __attribute__((cleanup(report_choice_done))) struct report_choice
void report_choice_done(struct report_choice *choice);

/* Prints in the chosen form, to no `file` only those of --output; false: it failed and said so. */
bool report_print(struct reading *reading, const struct report_choice *choice, const struct totals *totals, FILE *file);

/* The forms. */
bool report_text(struct reading *reading, const struct report_choice *choice, const struct totals *totals,
				 const struct printer *printer);
bool report_json(struct reading *reading, const struct report_choice *choice, const struct totals *totals, FILE *file);

#endif
