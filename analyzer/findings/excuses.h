// SPDX-License-Identifier: PostgreSQL
/*
 * excuses.h - what is found, known and accepted.
 *
 * Owns the column `excused` of TEMP TABLE found_misuse, and TEMP TABLE excuse: which stacks a suppression or the
 * baseline excuses, of which kind and verdict.  A finding is excused whole or not at all: what is excused of a call
 * site is a finding of its own.  What is excused is counted and told, fails no check, and is listed with
 * --show-excused.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_EXCUSES_H
#define PQLEAK_ANALYZER_FINDINGS_EXCUSES_H

#include <sqlite3.h>
#include <stdbool.h>

struct report_choice;

/* Makes the table anew.  Needs TEMP TABLEs tally_life, stack_path, frame_call and
 * found_misuse.  False: it failed and said so. */
bool excuses_make(sqlite3 *db, const struct report_choice *choice);

#endif
