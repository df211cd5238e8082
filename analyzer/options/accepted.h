// SPDX-License-Identifier: PostgreSQL
/*
 * accepted.h - what the user knows of and accepts: the options about it.
 *
 * Owns --suppressions, --strict-suppressions, --print-suppressions, --baseline
 * and --show-excused.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_ACCEPTED_H
#define PQLEAK_ANALYZER_OPTIONS_ACCEPTED_H

#include <stdbool.h>

#include "analyzer/options/choice.h"

/* For a struct option table, and for a help. */
#define ACCEPTED_OPTIONS                                                                                               \
	{"suppressions", required_argument, NULL, OPTION_SUPPRESSIONS},                                                    \
		{"strict-suppressions", no_argument, NULL, OPTION_STRICT_SUPPRESSIONS},                                        \
		{"print-suppressions", no_argument, NULL, OPTION_PRINT_SUPPRESSIONS},                                          \
		{"baseline", required_argument, NULL, OPTION_BASELINE},                                                        \
	{                                                                                                                  \
		"show-excused", no_argument, NULL, OPTION_SHOW_EXCUSED                                                         \
	}
#define ACCEPTED_OPTIONS_HELP                                                                                          \
	"  --suppressions=FILE      excuse what FILE suppresses; can be repeated\n"                                        \
	"  --strict-suppressions    fail when one has expired or matched nothing\n"                                        \
	"  --print-suppressions     print suppressions of what was found, and no report\n"                                 \
	"  --baseline=FILE          excuse what 'pqleak baseline' wrote to FILE and\n"                                     \
	"                           has not grown, and say what was fixed\n"                                               \
	"  --show-excused           also list what is excused\n"

/* Whether an option is one of ACCEPTED_OPTIONS, and taking its value; false: it was wrong and the error is printed. */
bool accepted_has_option(int option);
bool accepted_option(int option, const char *value, struct accepted *accepted);

#endif
