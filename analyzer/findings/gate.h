// SPDX-License-Identifier: PostgreSQL
/*
 * gate.h - what fails a check, and what it forgives.
 *
 * Owns the options of `check` and `run --check` that decide about the exit
 * status, and that decision.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_GATE_H
#define PQLEAK_ANALYZER_FINDINGS_GATE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/words/kinds.h"
#include "analyzer/words/misuse.h"
#include "analyzer/words/verdicts.h"

struct report_choice;
struct totals;

struct gate {
	long long tolerated; /* of the resources that fail */
	bool allow_held;     /* one held at exit at its place in its process is forgiven */
	bool allow_unseen;   /* what spoke PostgreSQL out of sight is accepted */
	bool limit_open;     /* --max-open was given */
	long long most_open; /* connections open at once */
	bool is_chosen;      /* --fail-on was given, and the rest is in use */
	bool fails[KIND_COUNT][VERDICT_COUNT];
	bool fails_misuse[MISUSE_COUNT];
};

/* For a struct option table, and for a help. */
#define GATE_OPTIONS                                                                                                   \
	{"max", required_argument, NULL, OPTION_MAX}, {"allow-held-at-exit", no_argument, NULL, OPTION_ALLOW_HELD},        \
		{"allow-unseen", no_argument, NULL, OPTION_ALLOW_UNSEEN},                                                      \
		{"max-open", required_argument, NULL, OPTION_MAX_OPEN},                                                        \
	{                                                                                                                  \
		"fail-on", required_argument, NULL, OPTION_FAIL_ON                                                             \
	}
#define GATE_OPTIONS_HELP                                                                                              \
	"  --allow-held-at-exit     forgive one leak of a call site in each process\n"                                     \
	"  --allow-unseen           accept that processes spoke PostgreSQL out of sight\n"                                 \
	"  --max-open=N             more than N connections open at once fail the check\n"                                 \
	"  --fail-on=WHAT,...       fail on these alone: VERDICT/KIND, VERDICT, KIND,\n"                                   \
	"                           misuse, a kind of misuse, default or none; default\n"                                  \
	"                           is leaked,misuse\n"

/* Whether an option is one of GATE_OPTIONS, and taking its value; false: it was wrong and the error is printed. */
bool gate_has_option(int option);
bool gate_option(int option, const char *value, struct gate *gate);

/* The verdict: 0, `leak_status`, or STATUS_UNABLE.  A leak is a fact, also in an incomplete trace; nothing leaked is
   one only in a complete one. */
int gate_status(const struct report_choice *choice, const struct totals *totals, int leak_status);

/* Whether a finding without an excuse fails the check, but for what is tolerated and forgiven. */
bool gate_fails(const struct gate *gate, enum resource_kind kind, enum verdict verdict);
bool gate_fails_misuse(const struct gate *gate, enum misuse_kind misuse);

/* How many of what was found fail the check. */
int64_t gate_failing(const struct gate *gate, const struct totals *totals);

/* Makes TEMP TABLE gated, which tells the outputs what fails: kind and verdict, as in TEMP TABLE excuse. */
bool gate_tell(const struct gate *gate, sqlite3 *db);

/* Whether so many connections open at once are more than the gate allows. */
bool gate_too_many(const struct gate *gate, int64_t open);

#endif
