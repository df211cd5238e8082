// SPDX-License-Identifier: PostgreSQL
/*
 * symbols.h - names for the frames of a trace.
 *
 * Owns the trace's symbol table: what is missing is looked up in the files on
 * this machine and saved, so that the trace can be read elsewhere.
 */
#ifndef PQLEAK_ANALYZER_SYMBOLS_H
#define PQLEAK_ANALYZER_SYMBOLS_H

#include <sqlite3.h>
#include <stdbool.h>

/*
 * Names the frames of the stacks in TEMP TABLE wanted_stack (stack).  Where the trace may not be written the names are
 * kept in a TEMP TABLE symbol that shadows it.  A frame without a name is no failure.
 */
bool symbols_resolve(sqlite3 *db);

#endif
