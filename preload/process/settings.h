// SPDX-License-Identifier: PostgreSQL
/*
 * settings.h - what the environment asks of the shim.
 *
 * Read once, when the library is loaded: hosts clear or overwrite their
 * environment, and change their working directory.  Never prints.
 */
#ifndef PQLEAK_PRELOAD_PROCESS_SETTINGS_H
#define PQLEAK_PRELOAD_PROCESS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "preload/process/recorder.h"
#include "trace/spool/spool.h"

enum sql_setting {
	SQL_KEYWORD, /* of a statement only its leading keyword: the default */
	SQL_TEXT,    /* PQLEAK_SQL=text: up to 1 kB of it, literals included */
};

struct settings {
	char trace[4096];              /* PQLEAK_TRACE, absolute, placeholders still in it; empty: it did not fit */
	char label[SPOOL_LABEL_BYTES]; /* PQLEAK_LABEL, printable; empty: none */
	char marks[64];                /* PQLEAK_MARKS, the name of the launcher's socket; empty: none */
	enum sql_setting sql;          /* PQLEAK_SQL */
	bool is_shared;                /* its name has no pid in it: other processes write into it too */
	bool keep_events;              /* PQLEAK_EVENTS=all */
	bool keep_environment;         /* PQLEAK_KEEP_ENVIRONMENT=1: put back where a program clears it */
	enum lines_setting lines;      /* PQLEAK_LINES */
	bool clear_deepbind;           /* PQLEAK_DEEPBIND=clear */
	enum drain_setting drain;      /* PQLEAK_DRAIN */
};

extern struct settings settings;

void settings_read(void);

/* The path of this process's trace, its placeholders replaced.  False: it did not fit, or does not. */
bool settings_find_trace(char *ret, size_t bytes);

#endif
