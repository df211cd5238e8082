// SPDX-License-Identifier: PostgreSQL
/*
 * symbols.h - names for the frames of a trace.
 *
 * Owns the trace's symbol table: what is missing is looked up in the files on
 * this machine and saved, so that the trace can be read elsewhere.  Also owns
 * TEMP TABLE module_state (module, state): of the modules that were looked at,
 * what came of it, as module_state_name says it.
 */
#ifndef PQLEAK_ANALYZER_SYMBOLS_SYMBOLS_H
#define PQLEAK_ANALYZER_SYMBOLS_SYMBOLS_H

#include <sqlite3.h>
#include <stdbool.h>

#include "analyzer/symbols/module-file.h"

/*
 * Names the frames of the stacks that `stacks` selects, a query of one column; they stay in TEMP TABLE wanted_stack
 * (stack).  Where the trace may not be written the names are kept in a TEMP TABLE symbol that shadows it.  A frame
 * without a name is no failure.  A frame is looked up once, as long as the trace is open.
 */
bool symbols_resolve(sqlite3 *db, const struct symbol_choice *choice, const char *stacks);

#define EVERY_STACK "SELECT id FROM stack"

#endif
