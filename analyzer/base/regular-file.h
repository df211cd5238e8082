// SPDX-License-Identifier: PostgreSQL
/*
 * regular-file.h - opens files whose names come from a trace, from another file
 * or from a process.
 *
 * Owns the look before such a name is opened: opening a pipe waits, opening a
 * device does something, and some files of /proc have no end.  Called by
 * whatever reads programs and debug information.  Never waits, and opens
 * nothing but regular files of a real file system.
 */
#ifndef PQLEAK_ANALYZER_BASE_REGULAR_FILE_H
#define PQLEAK_ANALYZER_BASE_REGULAR_FILE_H

/* As open() for reading, with O_CLOEXEC: -1 and errno when there is none; `more_flags`: O_NOFOLLOW. */
int regular_open(const char *path, int more_flags);

/* The same in a folder that stands for the root directory: no link leads out of it.  "": this machine's root. */
int regular_open_in(const char *root, const char *path, int more_flags);

#endif
