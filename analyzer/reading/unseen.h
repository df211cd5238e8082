// SPDX-License-Identifier: PostgreSQL
/*
 * unseen.h - what LD_PRELOAD does not reach, in a trace.
 *
 * Owns the launcher's entries in the table unseen, and the look into the files
 * that entries name.
 */
#ifndef PQLEAK_ANALYZER_READING_UNSEEN_H
#define PQLEAK_ANALYZER_READING_UNSEEN_H

#include <sqlite3.h>

/* Enters the command that `run` is about to start, when it will not be seen; `path` as execvp will find it. */
void unseen_note_command(sqlite3 *db, const char *path);

/* Looks into the files that nobody has looked into yet.  What cannot be written is left as it is. */
void unseen_look(sqlite3 *db);

#endif
