// SPDX-License-Identifier: PostgreSQL
/*
 * take.h - how an option's value is taken: the functions that options.def names.
 *
 * Each gets the option, for the words of an error, its value, and where the
 * value goes; false: the value is wrong, and the error is printed.  Values are
 * not copied.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_TAKE_H
#define PQLEAK_ANALYZER_OPTIONS_TAKE_H

#include "analyzer/options/options.h"

/* take.c: values that are what they look like. */
option_take take_flag;     /* bool */
option_take take_text;     /* const char * */
option_take take_word;     /* const char *: the option's argument, and nothing else */
option_take take_one_of;   /* const char *: one of its words */
option_take take_number;   /* long long, from 0 */
option_take take_duration; /* int64_t, ns: "250ms" or "1.5h"; a number alone is seconds */
option_take take_folders;  /* const char *: folders that are there, with ':' between them */

option_take take_trace;                      /* const char * */
option_take take_leak_status;                /* long long */
option_take take_debuginfod;                 /* bool */
option_take take_pattern, take_pattern_file; /* struct patterns, to which they add */

/* take-gate.c: what fails a check. */
option_take take_max_open, take_fail_on; /* struct gate */

/* take-report.c: the forms of a report, and the files of what is known. */
option_take take_format, take_output; /* struct formats */
option_take take_suppressions;        /* struct suppressions, to which it adds */
option_take take_baseline;            /* struct baseline */

/* take-export.c: what is exported, and how. */
option_take take_export; /* enum export_format */
option_take take_kind;   /* enum resource_kind */
const char *const *export_words(void);
const char *const *weight_words(void);
const char *const *kind_words(void);

/* take-diff.c: a comparison of two traces. */
option_take take_diff_fail_on; /* struct diff_choice */
const char *const *diff_fail_on_words(void);
const char *const *diff_format_words(void);

/* What --group-by, --sort, --lines, --fail-on (but for VERDICT/KIND) and --format can be, ended by NULL. */
const char *const *group_words(void);
const char *const *sort_words(void);
const char *const *lines_words(void);
const char *const *fail_on_words(void);
const char *const *format_words(void);

/* Prints all that --fail-on takes. */
void fail_on_print(void);

#endif
