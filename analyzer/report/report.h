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
#include <stdio.h>

#include "analyzer/options/choice.h"

struct printer;
struct reading;
struct totals;

/* Prints in the chosen form, to no `file` only those of --output; false: it failed and said so. */
bool report_print(struct reading *reading, const struct report_choice *choice, const struct totals *totals, FILE *file);

/* The forms. */
bool report_text(struct reading *reading, const struct report_choice *choice, const struct totals *totals,
				 const struct printer *printer);
bool report_json(struct reading *reading, const struct report_choice *choice, const struct totals *totals, FILE *file);

#endif
