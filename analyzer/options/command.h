// SPDX-License-Identifier: PostgreSQL
/*
 * command.h - what a pqleak subcommand is.
 *
 * Owns struct command.  A command is a line of commands.def and a file of its
 * own in analyzer/commands; nothing else needs to know that it exists.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_COMMAND_H
#define PQLEAK_ANALYZER_OPTIONS_COMMAND_H

#include <stdbool.h>

#include "analyzer/base/message.h"
#include "analyzer/options/arguments.h"

enum command_id {
#define COMMAND(name, NAME) COMMAND_##NAME,
#include "analyzer/options/commands.def"
	COMMAND_COUNT
};

/* The headings of options.def. */
enum option_group {
	GROUP_NONE,
#define OPTION(commands, letter, name, argument, sets, help)
#define GROUP(name, title) GROUP_##name,
#include "analyzer/options/options.def"
	GROUP_COUNT
};

#define ANY_ARGUMENTS 1000000

struct command {
	enum command_id id;
	const char *synopsis;    /* what follows the name */
	const char *summary;     /* half a line, for the list of commands */
	const char *intro;       /* before the options, or NULL */
	enum option_group first; /* the group that the help begins with; GROUP_NONE: it is short, and has no headings */
	const char *outro;       /* after the options, or NULL */
	bool is_hidden;          /* not for people: in no list */
	bool is_prefix;          /* its options end at the first argument: a command line of its own */
	int most;                /* arguments */
	int usage_status;        /* exit status after a usage error; 0: STATUS_UNABLE */
	int (*run)(const struct arguments *arguments); /* returns the exit status */
};

const char *command_name(enum command_id id);

/* COMMAND_COUNT: there is none of that name. */
enum command_id command_find(const char *name);

#endif
