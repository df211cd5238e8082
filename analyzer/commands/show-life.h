// SPDX-License-Identifier: PostgreSQL
/*
 * show-life.h - one connection from its opening to its end.
 */
#ifndef PQLEAK_ANALYZER_COMMANDS_SHOW_LIFE_H
#define PQLEAK_ANALYZER_COMMANDS_SHOW_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/base/print.h"
#include "analyzer/reading/reading.h"
#include "analyzer/symbols/module-file.h"

/* False: there is no such connection, or the trace cannot be read; the reason is printed. */
bool show_life(struct reading *reading, const struct printer *printer, const struct symbol_choice *symbols, int64_t id);

#endif
