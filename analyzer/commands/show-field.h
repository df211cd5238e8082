// SPDX-License-Identifier: PostgreSQL
/*
 * show-field.h - the lines of which `pqleak show ID` is made.
 */
#ifndef PQLEAK_ANALYZER_COMMANDS_SHOW_FIELD_H
#define PQLEAK_ANALYZER_COMMANDS_SHOW_FIELD_H

#include "analyzer/base/print.h"

/* Prints a line with its label; the format is SQLite's. */
void show_field(const struct printer *printer, const char *label, const char *format, ...);

#endif
