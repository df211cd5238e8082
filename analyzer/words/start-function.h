// SPDX-License-Identifier: PostgreSQL
/*
 * start-function.h - the functions with which every program and thread begins.
 */
#ifndef PQLEAK_ANALYZER_WORDS_START_FUNCTION_H
#define PQLEAK_ANALYZER_WORDS_START_FUNCTION_H

#include <stdbool.h>

/* Whether this function is one of them: it tells a reader nothing. */
bool is_start_function(const char *function);

#endif
