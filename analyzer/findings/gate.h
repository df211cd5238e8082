// SPDX-License-Identifier: PostgreSQL
/*
 * gate.h - whether a check fails.
 *
 * Owns the exit status of `check` and `run --check`.  gate.sql judges, by what
 * struct gate says.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_GATE_H
#define PQLEAK_ANALYZER_FINDINGS_GATE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "analyzer/options/choice.h"

struct totals;

/* The verdict: 0, `leak_status`, or STATUS_UNABLE.  A leak is a fact, also in an incomplete trace; nothing leaked is
   one only in a complete one. */
int gate_status(const struct totals *totals, int leak_status);

/* Whether such a finding, or such a misuse, fails the check unless it is excused. */
bool gate_fails(const struct gate *gate, enum resource_kind kind, enum verdict verdict);
bool gate_fails_misuse(const struct gate *gate, enum misuse_kind misuse);

/* Whether any misuse does that no program does by design. */
bool gate_fails_some_misuse(const struct gate *gate);

/* Fills TEMP TABLE gated, which tells the outputs what fails: kind and verdict, as in TEMP TABLE excuse. */
bool gate_tell(const struct gate *gate, sqlite3 *db);

#endif
