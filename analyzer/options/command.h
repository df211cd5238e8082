// SPDX-License-Identifier: PostgreSQL
/*
 * command.h - what a pqleak subcommand is.
 *
 * Owns struct command.  Each command lives in a file of its own and appears in
 * main.c's table; nothing else needs to know that it exists.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_COMMAND_H
#define PQLEAK_ANALYZER_OPTIONS_COMMAND_H

#include "analyzer/base/exit-status.h"

struct option;

struct command {
	const char *name;
	const char *synopsis; /* what follows the name */
	const char *summary;  /* half a line, for the list of commands */
	const char *help;     /* the options and anything else worth a paragraph; ends with a newline */
	const char *letters; /* for getopt_long, as `options`: of the commands that take CONFIGURATION_OPTIONS, else NULL */
	const struct option *options;
	int usage_status;                                              /* exit status after a usage error */
	int (*run)(const struct command *self, int argc, char **argv); /* argv[0] is the name; returns the exit status */
};

extern const struct command command_audit;
extern const struct command command_baseline;
extern const struct command command_doctor;
extern const struct command command_run;
extern const struct command command_report;
extern const struct command command_check;
extern const struct command command_show;
extern const struct command command_sql;
extern const struct command command_symbolize;

#endif
