// SPDX-License-Identifier: PostgreSQL
/*
 * options.h - the options of all commands.
 *
 * Owns the table that options.def fills, usage errors and their hints.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_OPTIONS_H
#define PQLEAK_ANALYZER_OPTIONS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/options/command.h"

struct option_row;

/* Takes an option's value (NULL: it takes none) into what it sets; false: it is wrong, and the error is printed. */
typedef bool option_take(const struct option_row *option, const char *value, void *field);

/* A line of options.def. */
struct option_row {
	unsigned commands; /* a bit each; 0: it is a heading */
	char letter;
	const char *name; /* of a heading: its text */
	const char *argument;
	option_take *take;                 /* NULL: it asks for the help */
	const char *const *(*words)(void); /* that it can be, ended by NULL; NULL: anything */
	size_t field;                      /* in struct arguments */
	const char *help;
	enum option_group group; /* of a heading */
};

/* The table, ended by a row without a name: option-table.c. */
enum {
	OPTION_ROWS = 1
#define GROUP(...) +1
#define OPTION(...) +1
#include "analyzer/options/options.def"
};
extern const struct option_row option_rows[OPTION_ROWS];

bool option_is_of(const struct option_row *option, enum command_id command);
bool option_implies_check(const struct option_row *option);

/* NULL: the command has no such option. */
const struct option_row *option_find(enum command_id command, const char *name);

/* The name of the option that is nearest to a word, or NULL when none is near. */
const char *option_nearest(enum command_id command, const char *word);

/*
 * Reads a command line, and before it the configuration file where the command takes one.  -1: go on, else the exit
 * status: help was asked for, or something is wrong and the error is printed.  Free with arguments_done in either case.
 */
int options_read(const struct command *command, int argc, char **argv, struct arguments *ret);
void arguments_done(struct arguments *arguments);

/* --help: prints all of a command's. */
void print_help(const struct command *command);

#endif
