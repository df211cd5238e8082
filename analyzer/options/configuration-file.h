// SPDX-License-Identifier: PostgreSQL
/*
 * configuration-file.h - .pqleak.ini, line by line.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_CONFIGURATION_FILE_H
#define PQLEAK_ANALYZER_OPTIONS_CONFIGURATION_FILE_H

#include <stdbool.h>

#include "analyzer/options/configuration.h"

/* Adds the options of ret->file that are for the command; false: a line is wrong, and the error is printed. */
bool configuration_parse(enum command_id command, struct configured *ret);

#endif
