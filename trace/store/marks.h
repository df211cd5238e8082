// SPDX-License-Identifier: PostgreSQL
/*
 * marks.h - what processes leave word of that cannot be recorded, or be seen: marks, and the tables unseen and
 * incomplete.
 *
 * Owns the words.  TRACE-lost-PID-ERRNO is a symbolic link whose target has two
 * lines, the user's id and the path of the executable, or an empty file.
 * TRACE-unseen-HASH is one with five: a process id or 0, how (as in the table),
 * the path of the executable, that of the library that spoke or of the script,
 * or nothing, and the sign of PostgreSQL that the shim found, or nothing.
 * The shim makes them (preload/process/mark.c); where it cannot, it sends the
 * launcher the words, and the launcher does.  A mark is a reason not to be
 * sure, never one to be: so anybody's are taken.
 */
#ifndef PQLEAK_TRACE_STORE_MARKS_H
#define PQLEAK_TRACE_STORE_MARKS_H

#include <stdint.h>

#include "trace/spool/spool.h"
#include "trace/store/statement.h"

/* Adds a row to the table unseen, or its sign to the one like it; `pid` 0 and `sign` "" are NULL.  A SQLite code. */
int unseen_add(sqlite3 *db, int pid, const char *how, const char *exe, const char *module, const char *sign);

/* The same of a mark; a file that is none is passed over. */
int unseen_take(sqlite3 *db, const char *mark);

/* A mark of a process that could not be recorded becomes a row of incomplete. */
int lost_take(struct statements *statements, const char *trace, const char *mark, int pid, uint64_t error);

/* The same of the children that are noted in their parent's spool. */
int lost_add_children(struct statements *statements, const struct spool_header *header, const char *trace);

/*
 * Leaves the mark that a process sent, whose id and user the kernel has told; `number` tells it from others.  1: done,
 * 0: the text is no mark, or -errno.
 */
int mark_keep(const char *trace, unsigned number, int pid, unsigned uid, const char *text);

#endif
