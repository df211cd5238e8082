// SPDX-License-Identifier: PostgreSQL
/*
 * help.h - --help.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_HELP_H
#define PQLEAK_ANALYZER_OPTIONS_HELP_H

#include "analyzer/options/command.h"

/* Prints all of a command's help. */
void print_help(const struct command *command);

#endif
