// SPDX-License-Identifier: PostgreSQL
/*
 * jit.h - names for code that a process made while it ran.
 *
 * Owns the reading of /tmp/perf-PID.map, which Node, PHP, Python and others
 * write for perf(1).  The file is in a folder that everybody may write to, and
 * process ids come again: so it is believed only when nobody but the traced
 * user can have made it, and only for the time the process lived.
 */
#ifndef PQLEAK_ANALYZER_SYMBOLS_JIT_H
#define PQLEAK_ANALYZER_SYMBOLS_JIT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "analyzer/symbols/module-file.h"

struct jit_process {
	int64_t pid;
	int64_t since_ns; /* when it began, or a time after that */
	int64_t until_ns; /* when it ended; INT64_MAX: it runs; 0: nobody knows, so that nothing is proven */
	uid_t owner;      /* of the trace */
};

struct jit_name {
	uint64_t address;
	char *name; /* for free(); NULL: unknown */
	bool torn;  /* the address had several names in turn, and nobody knows which when */
};

/*
 * Names addresses, which come in ascending order.  MODULE_MISSING: there is no map; MODULE_UNPROVEN: there is one that
 * may be another process's; MODULE_UNREADABLE: it is too long; else MODULE_OK, however many have a name now.
 */
enum module_state jit_name(const char *sysroot, const struct jit_process *process, struct jit_name *names,
						   size_t count);

/*
 * For symbols.c: which processes had such code, and what the trace knows of them, is in symbols-jit.c.  Adds to TEMP
 * TABLEs found_symbol and module_state what the perf maps say of TEMP TABLE wanted_frame.  `here`: all of the trace was
 * recorded on this machine.
 */
bool symbols_resolve_jit(sqlite3 *db, const struct symbol_choice *choice, bool here);

#endif
