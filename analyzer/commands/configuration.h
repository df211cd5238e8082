// SPDX-License-Identifier: PostgreSQL
/*
 * configuration.h - the configuration file: options that need not be typed.
 *
 * Owns where .pqleak.ini is looked for, and how its lines become options of
 * the command line; the commands take them as if they had been typed.
 */
#ifndef PQLEAK_ANALYZER_COMMANDS_CONFIGURATION_H
#define PQLEAK_ANALYZER_COMMANDS_CONFIGURATION_H

#include <stdbool.h>

struct command;

/* For a struct option table, and for a help. */
#define CONFIGURATION_OPTIONS                                                                                          \
	{"config", required_argument, NULL, OPTION_CONFIG},                                                                \
	{                                                                                                                  \
		"no-config", no_argument, NULL, OPTION_NO_CONFIG                                                               \
	}
#define CONFIGURATION_OPTIONS_HELP                                                                                     \
	"  --config=FILE            take options from FILE, not from .pqleak.ini in this\n"                                \
	"                           folder or one above it\n"                                                              \
	"  --no-config              take them from no file\n"

struct configured {
	int argc;
	char **argv; /* the command line with the file's options in front of what was typed */
	char *file;  /* NULL: there is none */
	int *lines;  /* where each of the file's options stands; argv[1 + i] is that of lines[i] */
	int count;
};

/* Reads the file for a command, if the command line allows it; false: it is wrong, and the error is printed. */
bool configuration_read(const struct command *command, int argc, char **argv, struct configured *ret);

/* configuration-file.c: adds the options of ret->file that are for the command. */
bool configuration_parse(const struct command *command, struct configured *ret);

/* After a usage error: says which line of the file it is about, if it is about one. */
void configuration_blame(const struct configured *configured);

void configuration_done(struct configured *configured);

#endif
