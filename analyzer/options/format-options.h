// SPDX-License-Identifier: PostgreSQL
/*
 * format-options.h - the options that say in which forms a report is written.
 *
 * Owns --format, --output and --reproducible, and the names of the forms.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_FORMAT_OPTIONS_H
#define PQLEAK_ANALYZER_OPTIONS_FORMAT_OPTIONS_H

#include <stdbool.h>

#include "analyzer/options/choice.h"

/* Whether an option is one of them, and taking its value; false: it was wrong and the error is printed. */
bool formats_has_option(int option);
bool formats_option(int option, const char *value, struct formats *formats);

#endif
