// SPDX-License-Identifier: PostgreSQL
/*
 * formats.h - the forms of a report, and the files that get one.
 *
 * All forms but text read the same tables: JSON
 * those of findings.sql, the others what problems.sql makes of them.
 */
#ifndef PQLEAK_ANALYZER_REPORT_FORMATS_H
#define PQLEAK_ANALYZER_REPORT_FORMATS_H

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/options/choice.h"

struct reading;
struct totals;

/* Prints in that form to `file`, after problems.sql if it is for programs; a text has the width and colours of the file
 * it is meant for.  False: it failed and said so. */
bool format_print(enum format format, struct reading *reading, const struct report_choice *choice,
				  const struct totals *totals, FILE *meant_for, FILE *file);

/* Before anything is done: whether the files of --output can be written, and overwrite nothing that is needed. */
bool formats_check(const struct report_choice *choice, const char *trace);

/* Writes the files of --output, what is for standard output to `standard`; false: one failed and said so. */
bool formats_write(struct reading *reading, const struct report_choice *choice, const struct totals *totals,
				   FILE *standard);

#endif
