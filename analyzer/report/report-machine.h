// SPDX-License-Identifier: PostgreSQL
/*
 * report-machine.h - the reports that programs of others read: SARIF, JUnit, GitHub, GitLab, TAP.
 *
 * Called by formats.c, after problems.sql.  Each is in a file of its own, those
 * that SQL makes alone in a .sql file, and returns false when it failed and said so.
 */
#ifndef PQLEAK_ANALYZER_REPORT_REPORT_MACHINE_H
#define PQLEAK_ANALYZER_REPORT_REPORT_MACHINE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct reading;
struct totals;

/* `status`: with which a check exits. */
bool report_sarif(struct reading *reading, int status, FILE *file);
bool report_gitlab(struct reading *reading, FILE *file);
bool report_github(struct reading *reading, FILE *file);
bool report_junit(struct reading *reading, const struct totals *totals, FILE *file);
bool report_tap(struct reading *reading, const struct totals *totals, FILE *file);

/* A column's text without control characters, to be freed; NULL: out of memory, and it said so. */
char *machine_text(sqlite3_stmt *row, int column);

/* Prints one line, with `indent` blanks before it, as a format has it. */
typedef void machine_line(FILE *file, int indent, const char *text);

/* Calls `line` for each line about the stacks of a problem. */
bool machine_stacks(sqlite3 *db, int64_t number, machine_line *line, FILE *file);

#endif
