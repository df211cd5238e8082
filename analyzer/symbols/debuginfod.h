// SPDX-License-Identifier: PostgreSQL
/*
 * debuginfod.h - debug information from a server, only when asked for.
 *
 * Owns the one way to the network that pqleak has.  elfutils asks whatever
 * servers DEBUGINFOD_URLS names; a system may set that for everybody, so here
 * it counts only with --debuginfod, and for a bounded time.
 */
#ifndef PQLEAK_ANALYZER_SYMBOLS_DEBUGINFOD_H
#define PQLEAK_ANALYZER_SYMBOLS_DEBUGINFOD_H

#include <stdbool.h>

/* Whether --debuginfod can do anything; false: the reason is printed. */
bool debuginfod_possible(void);

/*
 * To be called before libdwfl looks for debug information, and again before each module: without `asked`, or when the
 * time is over, libdwfl will ask no server.  Changes this process's environment: no command is started after it.
 */
void debuginfod_allow(bool asked);

/* The time a search for one module took.  All together may take two minutes; how much that is so far. */
double debuginfod_spent(double seconds);

/* The debug information, or else the file itself, of a module whose file is gone: a descriptor, or -1. */
int debuginfod_fetch(const char *build_id);

#endif
