// SPDX-License-Identifier: PostgreSQL
/*
 * configuration.h - the configuration file: options that need not be typed.
 *
 * Owns where .pqleak.ini is looked for, and how its lines become options of
 * the command line; the commands take them as if they had been typed.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_CONFIGURATION_H
#define PQLEAK_ANALYZER_OPTIONS_CONFIGURATION_H

#include <stdbool.h>

#include "analyzer/options/arguments.h"
#include "analyzer/options/command.h"

/*
 * Reads the file for a command, whose command line is put behind its options: `named`, or the one that is found when
 * that is NULL and it is not `unwanted`.  False: it is wrong, and the error is printed.
 */
bool configuration_read(enum command_id command, int argc, char **argv, const char *named, bool unwanted,
						struct configured *ret);

/* After a usage error in argv[last]: says which line of the file it is about, if it is about one. */
void configuration_blame(const struct configured *configured, int last);

void configuration_done(struct configured *configured);

/* Adds the options of ret->file that are for the command; false: a line is wrong, and the error is printed. */
bool configuration_parse(enum command_id command, struct configured *ret);

#endif
