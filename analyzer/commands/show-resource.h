// SPDX-License-Identifier: PostgreSQL
/*
 * show-resource.h - one resource that is no connection, from its acquire to the end of its process.
 */
#ifndef PQLEAK_ANALYZER_COMMANDS_SHOW_RESOURCE_H
#define PQLEAK_ANALYZER_COMMANDS_SHOW_RESOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/base/print.h"
#include "analyzer/reading/reading.h"
#include "analyzer/symbols/module-file.h"
#include "analyzer/words/kinds.h"

/* False: there is none of that kind and number, or the trace cannot be read; the reason is printed. */
bool show_resource(struct reading *reading, const struct printer *printer, const struct symbol_choice *symbols,
				   enum resource_kind kind, int64_t id);

#endif
