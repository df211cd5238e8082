// SPDX-License-Identifier: PostgreSQL
/*
 * show-life.h - one connection, or another resource, from its acquire to its end.
 */
#ifndef PQLEAK_ANALYZER_COMMANDS_SHOW_LIFE_H
#define PQLEAK_ANALYZER_COMMANDS_SHOW_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/base/print.h"
#include "analyzer/reading/reading.h"
#include "analyzer/words/kinds.h"

/* False: there is no such connection, or the trace cannot be read; the reason is printed. */
bool show_life(struct reading *reading, const struct printer *printer, int64_t id);

/* The same of another kind. */
bool show_resource(struct reading *reading, const struct printer *printer, enum resource_kind kind, int64_t id);

/* Prints a labelled line of either; the format is SQLite's. */
void show_field(const struct printer *printer, const char *label, const char *format, ...);

#endif
