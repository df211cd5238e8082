// SPDX-License-Identifier: PostgreSQL
/*
 * gate.h - whether a check fails.
 *
 * Owns the exit status of `check` and `run --check`, by what struct gate says.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_GATE_H
#define PQLEAK_ANALYZER_FINDINGS_GATE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/options/choice.h"

struct totals;

/* The verdict: 0, `leak_status`, or STATUS_UNABLE.  A leak is a fact, also in an incomplete trace; nothing leaked is
   one only in a complete one. */
int gate_status(const struct report_choice *choice, const struct totals *totals, int leak_status);

/* Whether a finding without an excuse fails the check, but for what is tolerated and forgiven. */
bool gate_fails(const struct gate *gate, enum resource_kind kind, enum verdict verdict);
bool gate_fails_misuse(const struct gate *gate, enum misuse_kind misuse);

/* How many of what was found fail the check. */
int64_t gate_failing(const struct gate *gate, const struct totals *totals);

/* Fills TEMP TABLE gated, which tells the outputs what fails: kind and verdict, as in TEMP TABLE excuse. */
bool gate_tell(const struct gate *gate, sqlite3 *db);

/* Whether so many connections open at once are more than the gate allows. */
bool gate_too_many(const struct gate *gate, int64_t open);

#endif
