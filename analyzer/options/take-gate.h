// SPDX-License-Identifier: PostgreSQL
/*
 * take-gate.h - how an option about what fails a check is taken.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_TAKE_GATE_H
#define PQLEAK_ANALYZER_OPTIONS_TAKE_GATE_H

#include "analyzer/options/options.h"

/* Both into struct gate. */
option_take take_max_open;
option_take take_fail_on;

/* What --fail-on can be, but for VERDICT/KIND, ended by NULL. */
const char *const *fail_on_words(void);

#endif
