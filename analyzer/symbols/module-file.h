// SPDX-License-Identifier: PostgreSQL
/*
 * module-file.h - the file of a module of the trace, or why there is none.
 *
 * Owns where to look (--sysroot, --debug-path) and the proof that a file is
 * the one that was traced: its build-id.  No file is used without that proof.
 * Called by symbols.c for each module; knows nothing of names.
 */
#ifndef PQLEAK_ANALYZER_SYMBOLS_MODULE_FILE_H
#define PQLEAK_ANALYZER_SYMBOLS_MODULE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#define DEBUG_FOLDER "/usr/lib/debug" /* where a distribution installs separate debug information */

/* Where names come from, as the user chose. */
struct symbol_choice {
	const char *sysroot;    /* a folder that holds the traced machine's files; NULL: this machine's */
	const char *debug_path; /* more folders with separate debug information, ':' between; NULL: none */
	bool debuginfod;        /* ask the servers of DEBUGINFOD_URLS as well */
};

enum module_state {
	MODULE_OK,         /* it was asked, and had a name at least */
	MODULE_CHANGED,    /* the file is another one now: rebuilt, or replaced */
	MODULE_MISSING,    /* there is no such file */
	MODULE_UNPROVEN,   /* it has no build-id, and nothing else proves that it is the one that was traced */
	MODULE_NO_SYMBOLS, /* it is the one, and names nothing that was asked for */
	MODULE_UNREADABLE, /* reading it crashed, or took more time or memory than it may */
};

/* As in the column module_state.state: "ok", "changed", ... */
const char *module_state_name(enum module_state state);

/* What the trace knows of a module. */
struct module_trace {
	const char *path;
	const char *build_id; /* hexadecimal; "" when it has none */
	int64_t since_ns;     /* the first process of the trace began then */
	bool here;            /* all of the trace was recorded on this machine */
};

struct module_file {
	int fd;     /* -1: there is none */
	char *path; /* the real one */
};

/*
 * Finds the file: at its path, else separate debug information of the same build-id, which names as much.  MODULE_OK:
 * `ret` holds it; anything else says why not.
 */
enum module_state module_file_open(const struct symbol_choice *choice, const struct module_trace *module,
								   struct module_file *ret);

void module_file_done(struct module_file *file);

/* Opens a regular file for reading, in the sysroot if there is one: no link leads out of it.  -1: there is none. */
int module_file_in(const char *sysroot, const char *path, int more_flags);

#endif
