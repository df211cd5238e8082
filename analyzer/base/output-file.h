// SPDX-License-Identifier: PostgreSQL
/*
 * output-file.h - a file that is there whole or not at all.
 *
 * Owns the temporary file beside it, which takes its name at the end.  What is no
 * regular file, a descriptor (/dev/stdout) and a link to nothing are written as
 * they are.
 */
#ifndef PQLEAK_ANALYZER_BASE_OUTPUT_FILE_H
#define PQLEAK_ANALYZER_BASE_OUTPUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct output_file {
	FILE *file;
	const char *path; /* not owned */
	char *target;     /* what it replaces: `path` without symbolic links */
	char *temporary;  /* NULL: `path` is no regular file, and is written as it is */
};

/* Whether it can be written as far as can be told beforehand; a database is never replaced.  False: it says why. */
bool output_file_possible(const char *path);

/* Whether two names are of one file, whether it is there yet or not. */
bool output_file_same(const char *one, const char *other);

/* False: it failed and said so. */
bool output_file_open(struct output_file *ret, const char *path);

/* `good`: what was written is whole, and replaces what was at the path; else it is thrown away.  False: `good` was, or
 * it failed and said so. */
bool output_file_close(struct output_file *output, bool good);

#endif
