// SPDX-License-Identifier: PostgreSQL
/*
 * unseen.h - what was started where libpq's calls are not intercepted: marks and the table unseen.
 *
 * A mark is a symbolic link whose target has four lines: a process id or 0,
 * how (as in the table), the path of the executable, and that of the library
 * that spoke, or nothing.  The shim writes them (preload/process/mark.c).
 */
#ifndef PQLEAK_TRACE_STORE_UNSEEN_H
#define PQLEAK_TRACE_STORE_UNSEEN_H

#include <sqlite3.h>

/* Adds a row, unless there is one like it; `pid` 0 is NULL.  A SQLite code. */
int unseen_add(sqlite3 *db, int pid, const char *how, const char *exe, const char *module);

/* The same of a mark; a file that is none is passed over. */
int unseen_take(sqlite3 *db, const char *mark);

#endif
