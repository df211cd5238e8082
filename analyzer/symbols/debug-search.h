// SPDX-License-Identifier: PostgreSQL
/*
 * debug-search.h - separate debug information: where it is looked for, and the
 * proof that it belongs to its file.
 *
 * Owns libdwfl's callback for it.  Called by binary.c alone.
 */
#ifndef PQLEAK_ANALYZER_SYMBOLS_DEBUG_SEARCH_H
#define PQLEAK_ANALYZER_SYMBOLS_DEBUG_SEARCH_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>

#include "analyzer/symbols/module-file.h"

/* Where to look, in libdwfl's words; for free().  NULL: out of memory. */
char *debug_search_path(const struct symbol_choice *choice);

/*
 * Dwfl_Callbacks.find_debuginfo; the module's userdata is the struct symbol_choice.  elfutils' own rules, but for two:
 * without a build-id and a debuglink it would take any NAME.debug, and with a build-id any file that lies where that is
 * looked for.  A link to dwz's shared file comes without a checksum.
 */
int debug_find(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base, const char *file,
			   const char *link, GElf_Word crc, char **ret_file);

/* libdw takes whatever lies where dwz's shared file should.  False: it is another one; nothing may be read with it. */
bool debug_shared_is_right(Dwfl_Module *module);

#endif
