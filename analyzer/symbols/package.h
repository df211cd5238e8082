// SPDX-License-Identifier: PostgreSQL
/*
 * package.h - which package of the distribution a file came from: its debug information is in another of that name.
 *
 * Owns the reading, within bounds, of dpkg's lists of files and of what distributions write into the files.  Called for
 * what has no names; runs nothing, and finds nothing where the distribution has no such lists.
 */
#ifndef PQLEAK_ANALYZER_SYMBOLS_PACKAGE_H
#define PQLEAK_ANALYZER_SYMBOLS_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>

struct packaged_file {
	char *path;    /* the caller's */
	char *package; /* freed by the caller; NULL: it is in none */
};

/* Looks for all of them, in a sysroot if there is one; false: out of memory. */
bool packages_find(const char *sysroot, struct packaged_file *files, size_t count);

/* Whether packages are rpm's there: its database tells files only to who reads it as rpm does. */
bool packages_are_rpm(const char *sysroot);

/*
 * What the file says of its package, as JSON (https://systemd.io/ELF_PACKAGE_METADATA): "type", "name", "debugInfoUrl"
 * and more, or anything else that its maker wrote.  Freed by the caller; NULL: it says nothing.
 */
char *package_note(const char *sysroot, const char *path);

#endif
