// SPDX-License-Identifier: PostgreSQL
/*
 * command.h - what a pqleak subcommand is.
 *
 * Owns struct command and the exit statuses all commands share.  Each command
 * lives in a file of its own and appears in main.c's table; nothing else needs
 * to know that it exists.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_COMMAND_H
#define PQLEAK_ANALYZER_OPTIONS_COMMAND_H

#define DEFAULT_TRACE "pqleak.db"

struct option;

enum exit_status {
	STATUS_CLEAN = 0,
	STATUS_LEAKS = 1,
	STATUS_UNABLE = 2,       /* cannot tell, or cannot do what was asked */
	STATUS_RUN_FAILED = 125, /* `run` itself failed; as env(1) and timeout(1) */
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNALLED = 128, /* plus the signal's number */
};

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
