// SPDX-License-Identifier: PostgreSQL
/*
 * text-file.h - files that people write, line by line.
 *
 * Owns how such a file is read, what is said when it cannot be, and which files
 * were, so that no output replaces one; the callers know what its lines mean.
 */
#ifndef PQLEAK_ANALYZER_BASE_TEXT_FILE_H
#define PQLEAK_ANALYZER_BASE_TEXT_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct text_file {
	const char *path, *what;
	int line; /* number of the last one that was read, from 1 */
	FILE *file;
	char *text;
	bool failed; /* the error is printed */
};

/*
 * `what`: as in "cannot read WHAT 'PATH'"; `advice`: what else to do, in parentheses, or "".  False: it failed and said
 * so.  Both texts belong to the caller, and stay until the file is closed.
 */
bool text_file_open(struct text_file *ret, const char *path, const char *what, const char *advice);

/* The next line without its end, to be changed but not freed; NULL: there is none, or it failed and said so. */
char *text_file_next(struct text_file *file);

/* Whether this process has opened that file so. */
bool text_file_was_read(const char *path);

/* False: something failed. */
bool text_file_close(struct text_file *file);

#endif
