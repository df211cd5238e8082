// SPDX-License-Identifier: PostgreSQL
/*
 * options.h - command lines: getopt_long with pqleak's errors and hints.
 *
 * Owns --help, the words of a usage error, and the options that every command
 * that prints a report shares.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_OPTIONS_H
#define PQLEAK_ANALYZER_OPTIONS_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

#include "analyzer/commands/configuration.h"
#include "analyzer/options/accepted.h"
#include "analyzer/options/choice.h"
#include "analyzer/options/command.h"
#include "analyzer/options/format-options.h"
#include "analyzer/options/gate-options.h"
#include "analyzer/options/skip.h"

/* What options_next returns besides an option's value and -1 at the end. */
#define OPTION_HELP 'h'  /* help was printed; the command returns 0 */
#define OPTION_WRONG '?' /* an error was printed; the command returns its usage_status */

/* Values of long options that have no letter. */
enum long_option {
	OPTION_FORMAT = 256,
	OPTION_GROUP_BY,
	OPTION_ALL,
	OPTION_APPEND,
	OPTION_CHECK,
	OPTION_ERROR_EXITCODE,
	OPTION_MAX,
	OPTION_SQL,
	OPTION_EVENTS,
	OPTION_HELD,
	OPTION_ALLOW_HELD,
	OPTION_ALLOW_UNSEEN,
	OPTION_MAX_OPEN,
	OPTION_FAIL_ON,
	OPTION_LABEL,
	OPTION_SYSROOT,
	OPTION_DEBUG_PATH,
	OPTION_DEBUGINFOD,
	OPTION_NO_SYMBOLIZE,
	OPTION_NATIVE,
	OPTION_SKIP,
	OPTION_SKIP_FILE,
	OPTION_STACKS,
	OPTION_SHOW_EXCUSED,
	OPTION_SOURCE_ROOT,
	OPTION_SUPPRESSIONS,
	OPTION_STRICT_SUPPRESSIONS,
	OPTION_PRINT_SUPPRESSIONS,
	OPTION_BASELINE,
	OPTION_OUTPUT,
	OPTION_TRACE,
	OPTION_REPRODUCIBLE,
	OPTION_CONFIG,
	OPTION_NO_CONFIG,
};

/* For a struct option table. */
#define HELP_OPTION                                                                                                    \
	{                                                                                                                  \
		"help", no_argument, NULL, OPTION_HELP                                                                         \
	}
#define FRAME_OPTIONS                                                                                                  \
	{"native", no_argument, NULL, OPTION_NATIVE}, {"skip", required_argument, NULL, OPTION_SKIP},                      \
	{                                                                                                                  \
		"skip-file", required_argument, NULL, OPTION_SKIP_FILE                                                         \
	}
/* For `pqleak baseline`. */
#define BASELINE_OPTIONS                                                                                               \
	{"fail-on", required_argument, NULL, OPTION_FAIL_ON},                                                              \
		{"suppressions", required_argument, NULL, OPTION_SUPPRESSIONS},                                                \
		{"source-root", required_argument, NULL, OPTION_SOURCE_ROOT}, CONFIGURATION_OPTIONS, FRAME_OPTIONS

#define REPORT_OPTIONS                                                                                                 \
	{"format", required_argument, NULL, OPTION_FORMAT}, {"output", required_argument, NULL, OPTION_OUTPUT},            \
		{"reproducible", no_argument, NULL, OPTION_REPRODUCIBLE},                                                      \
		{"group-by", required_argument, NULL, OPTION_GROUP_BY}, {"held", required_argument, NULL, OPTION_HELD},        \
		{"stacks", no_argument, NULL, OPTION_STACKS}, FRAME_OPTIONS, ACCEPTED_OPTIONS, CONFIGURATION_OPTIONS,          \
		{"source-root", required_argument, NULL, OPTION_SOURCE_ROOT},                                                  \
	{                                                                                                                  \
		"all", no_argument, NULL, OPTION_ALL                                                                           \
	}

/* For every command that names frames. */
#define SYMBOL_OPTIONS                                                                                                 \
	{"sysroot", required_argument, NULL, OPTION_SYSROOT}, {"debug-path", required_argument, NULL, OPTION_DEBUG_PATH},  \
	{                                                                                                                  \
		"debuginfod", no_argument, NULL, OPTION_DEBUGINFOD                                                             \
	}
#define SYMBOL_OPTIONS_HELP                                                                                            \
	"  --sysroot=DIR            look for the traced files in DIR: /usr/bin/app in\n"                                   \
	"                           DIR/usr/bin/app\n"                                                                     \
	"  --debug-path=DIR[:DIR]   look for debug information in these folders too\n"                                     \
	"  --debuginfod             ask the servers of DEBUGINFOD_URLS for it\n"

#define FRAME_OPTIONS_HELP                                                                                             \
	"  --skip=PATTERN           code whose module, script or function matches\n"                                       \
	"                           is no call site, as 'libwrap.so*' or 'db::*';\n"                                       \
	"                           can be repeated\n"                                                                     \
	"  --skip-file=FILE         the same for the patterns in FILE, one a line\n"                                       \
	"  --native                 show an interpreter's own frames beside its scripts'\n"

#define REPORT_OPTIONS_HELP                                                                                            \
	"  --format=FORMAT          how the report is written: text, json, sarif, junit,\n"                                \
	"                           github, gitlab or tap (text)\n"                                                        \
	"  --output=FORMAT=FILE     also write it to FILE (-: stdout) in that form; can\n"                                 \
	"                           be repeated\n"                                                                         \
	"  --reproducible           no times, process ids and row numbers in JSON, and no\n"                               \
	"                           order of time anywhere\n"                                                              \
	"  --group-by=WHAT          one finding for each site, stack, function, module,\n"                                 \
	"                           database or label (site)\n"                                                            \
	"  --held=DURATION          also name what was held, or idle in a transaction, so\n"                               \
	"                           long: 500ms, 2s, 5min, 1h\n"                                                           \
	"  --source-root=DIR        where the sources are: scripts below it are named\n"                                   \
	"                           relative to it (git's working tree, or this folder)\n"                                 \
	"  --all                    every finding, also of what was released or is open\n"                                 \
	"  --stacks                 also show where each was used last, and where what is\n"                               \
	"                           comparable was released\n" FRAME_OPTIONS_HELP

/* Whether the last option that options_next gave, or refused, was the last thing that the command line was read for. */
bool options_failed(void);

/* The name of the option that is nearest to a word, or NULL when none is near. */
const char *options_nearest(const char *word, const struct option *options);

/* The next option, OPTION_HELP, OPTION_WRONG, or -1.  Options end at the first other argument or "--". */
int options_next(const struct command *command, int argc, char **argv, const char *letters,
				 const struct option *options);

/* Takes the value of one of REPORT_OPTIONS and GATE_OPTIONS; false: it was wrong, and the error is printed. */
bool options_report(int option, const char *value, struct report_choice *choice);

/* Takes the value of one of SYMBOL_OPTIONS; false: it was wrong, and the error is printed. */
bool options_symbols(int option, const char *value, struct symbol_choice *choice);

/* Takes the value of one of FRAME_OPTIONS; false: it was wrong, and the error is printed. */
bool options_frames(int option, const char *value, struct frame_choice *choice);

/* What a command that prints no report may be told. */
struct reader_choice {
	struct symbol_choice *symbols; /* SYMBOL_OPTIONS */
	struct frame_choice *frames;   /* FRAME_OPTIONS; NULL: it takes none */
	int most;                      /* arguments */
};

/* Its whole command line.  -1: go on, else its exit status. */
int options_of_reader(const struct command *command, int argc, char **argv, const struct reader_choice *choice);

/* At most `most` arguments may follow the options; false: there are more, and the error is printed. */
bool options_end(const struct command *command, int argc, char **argv, int most);

void print_help(const struct command *command);

#endif
