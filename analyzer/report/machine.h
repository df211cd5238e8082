// SPDX-License-Identifier: PostgreSQL
/*
 * machine.h - what the formats for programs share: the texts of TEMP TABLE problem, and its stacks.
 */
#ifndef PQLEAK_ANALYZER_REPORT_MACHINE_H
#define PQLEAK_ANALYZER_REPORT_MACHINE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A column's text without control characters, to be freed; NULL: out of memory, and it said so. */
char *machine_text(sqlite3_stmt *row, int column);

/* Prints one line, with `indent` blanks before it, as a format has it. */
typedef void machine_line(FILE *file, int indent, const char *text);

/* Calls `line` for each line about the stacks of a problem; false: it failed and said so. */
bool machine_stacks(sqlite3 *db, int64_t number, machine_line *line, FILE *file);

/* Calls `line` for each note; false: it failed and said so. */
bool machine_notes(sqlite3 *db, machine_line *line, FILE *file);

#endif
