// SPDX-License-Identifier: PostgreSQL
/*
 * formats.h - the forms of a report, and the files that get one.
 *
 * Owns --format and --output.  All forms but text read the same tables: JSON
 * those of findings.sql, the others what problems.sql makes of them.
 */
#ifndef PQLEAK_ANALYZER_REPORT_FORMATS_H
#define PQLEAK_ANALYZER_REPORT_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct reading;
struct report_choice;
struct totals;

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_SARIF, FORMAT_JUNIT, FORMAT_GITHUB, FORMAT_GITLAB, FORMAT_TAP };

/* --output=FORMAT=FILE */
struct output {
	enum format format;
	const char *path; /* not owned; "-": standard output */
};

struct formats {
	enum format format;
	struct output *outputs;
	size_t count;
	bool machine;      /* one of them is for programs */
	bool reproducible; /* without times, process ids and row numbers */
};

/* Whether an option is one of --format, --output and --reproducible, and taking its value; false: it was wrong and the
 * error is printed. */
bool formats_has_option(int option);
bool formats_option(int option, const char *value, struct formats *formats);

/* Prints in that form to `file`, after problems.sql if it is for programs; a text has the width and colours of the file
 * it is meant for.  False: it failed and said so. */
bool format_print(enum format format, struct reading *reading, const struct report_choice *choice,
				  const struct totals *totals, FILE *meant_for, FILE *file);

/* Before anything is done: whether the files of --output can be written, and overwrite nothing that is needed. */
bool formats_check(const struct report_choice *choice, const char *trace);

/* Writes the files of --output, what is for standard output to `standard`; false: one failed and said so. */
bool formats_write(struct reading *reading, const struct report_choice *choice, const struct totals *totals,
				   FILE *standard);

void formats_done(struct formats *formats);

#endif
