// SPDX-License-Identifier: PostgreSQL
/*
 * symbols-jit.h - the part of symbols.c that names code in no module, for it
 * alone: which processes had such frames, and what the trace knows of them.
 */
#ifndef PQLEAK_ANALYZER_SYMBOLS_SYMBOLS_JIT_H
#define PQLEAK_ANALYZER_SYMBOLS_SYMBOLS_JIT_H

#include <sqlite3.h>
#include <stdbool.h>

#include "analyzer/symbols/module-file.h"

/*
 * Adds to TEMP TABLEs found_symbol and module_state what the perf maps say of TEMP TABLE wanted_frame.  `here`: all of
 * the trace was recorded on this machine.
 */
bool symbols_resolve_jit(sqlite3 *db, const struct symbol_choice *choice, bool here);

#endif
