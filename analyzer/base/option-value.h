// SPDX-License-Identifier: PostgreSQL
/*
 * option-value.h - numbers and durations on a command line.
 *
 * Called by whoever takes options.
 */
#ifndef PQLEAK_ANALYZER_BASE_OPTION_VALUE_H
#define PQLEAK_ANALYZER_BASE_OPTION_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* Reads a number from 0 to `highest`; false: it is none, and the error is printed. */
bool option_number(const char *name, const char *value, long long highest, long long *ret);

/* Reads a duration, "250ms" or "1.5h"; a number alone is seconds.  False: it is none, and the error is printed. */
bool option_duration(const char *name, const char *value, int64_t *ret_ns);

#endif
