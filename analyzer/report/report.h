// SPDX-License-Identifier: PostgreSQL
/*
 * report.h - printing what a trace says, in the formats that were chosen, and to the files that get one.
 *
 * Called by the commands report, check and run, after findings_make().
 */
#ifndef PQLEAK_ANALYZER_REPORT_REPORT_H
#define PQLEAK_ANALYZER_REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/options/choice.h"

struct reading;
struct totals;

/* Before anything is done: whether the files of --output can be written, and overwrite nothing that is needed. */
bool report_check_outputs(const struct formats *formats, const char *trace);

/* Prints in the chosen format to `file`, unless it is NULL, and to those of --output.  False: it failed and said so. */
bool report_print(struct reading *reading, const struct report_choice *choice, const struct totals *totals, FILE *file);

/* The same in JSON alone, for a page; TEMP TABLE problem stays, and running processes are looked at still. */
bool report_print_json(struct reading *reading, const struct report_choice *choice, const struct totals *totals,
					   FILE *file);

#endif
