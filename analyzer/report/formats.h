// SPDX-License-Identifier: PostgreSQL
/*
 * formats.h - the formats of a report: a function for each line of formats.def.
 *
 * Called by report.c.  What the formats for programs share is in machine.h.
 */
#ifndef PQLEAK_ANALYZER_REPORT_FORMATS_H
#define PQLEAK_ANALYZER_REPORT_FORMATS_H

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/findings/findings.h"
#include "analyzer/options/choice.h"
#include "analyzer/reading/reading.h"

/* What a report is printed from, after findings_make(). */
struct report {
	struct reading *reading;
	const struct report_choice *choice;
	const struct totals *totals;
	FILE *meant_for; /* a text has the width and colours of this */
};

/* Prints it to `file`; false: it failed and said so. */
typedef bool report_printer(const struct report *report, FILE *file);

#define FORMAT(name, is_for_programs) report_printer report_##name;
#include "analyzer/options/formats.def"
#undef FORMAT

#endif
