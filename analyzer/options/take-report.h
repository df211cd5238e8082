// SPDX-License-Identifier: PostgreSQL
/*
 * take-report.h - how the forms of a report, and the files of what is known, are taken.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_TAKE_REPORT_H
#define PQLEAK_ANALYZER_OPTIONS_TAKE_REPORT_H

#include "analyzer/options/options.h"

option_take take_format; /* struct formats */
option_take take_output;
option_take take_suppressions; /* struct suppressions, to which it adds */
option_take take_baseline;     /* struct baseline */

/* What --format can be, ended by NULL. */
const char *const *format_words(void);

#endif
