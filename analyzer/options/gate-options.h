// SPDX-License-Identifier: PostgreSQL
/*
 * gate-options.h - the options that say what fails a check, and what it forgives.
 *
 * Owns how they are read; gate.c of findings judges.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_GATE_OPTIONS_H
#define PQLEAK_ANALYZER_OPTIONS_GATE_OPTIONS_H

#include <stdbool.h>

#include "analyzer/options/choice.h"

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

#endif
