// SPDX-License-Identifier: PostgreSQL
/*
 * formats.h - the formats of a report: a function for each line of formats.def.
 *
 * Called by report.c.
 */
#ifndef PQLEAK_ANALYZER_REPORT_FORMATS_H
#define PQLEAK_ANALYZER_REPORT_FORMATS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
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

/* What the formats for programs share, in machine.c.  Texts of a traced program go through printable() in their SQL. */

/* Prints one line, with `indent` blanks before it, as a format has it. */
typedef void machine_line(FILE *file, int indent, const char *text);

/* Calls `line` for each line about the stacks of a problem; false: it failed and said so. */
bool machine_stacks(sqlite3 *db, int64_t number, machine_line *line, FILE *file);

/* Calls `line` for each note; false: it failed and said so. */
bool machine_notes(sqlite3 *db, machine_line *line, FILE *file);

#endif
