// SPDX-License-Identifier: PostgreSQL
/*
 * baseline-file.h - files of what is known: a line an entry, sorted, to be reviewed as a diff.
 *
 * Owns their form: lines of count, kind, verdict ('misuse' for a misuse) and
 * path, with tabs between.  A path is the function of libpq that was called, and
 * the code that called it (paths.sql); version 1 had the code only.
 */
#ifndef PQLEAK_ANALYZER_KNOWN_BASELINE_FILE_H
#define PQLEAK_ANALYZER_KNOWN_BASELINE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct known {
	int64_t count;
	const char *kind, *verdict, *path; /* parts of `line` */
	char *line;
};

struct baseline {
	char *file; /* NULL: there is none */
	bool bare;  /* of version 1: the paths are without the function of libpq */
	struct known *items;
	size_t count;
};

/* Reads a baseline, in place of one read before; false: it cannot be, or is damaged, and the error is printed. */
bool baseline_read(struct baseline *baseline, const char *path);

/* Whether `path` is empty, not there, or a baseline: what a new one may replace.  False: it says that it is not. */
bool baseline_replaceable(const char *path);

/* Writes what such a file begins with.  `name`: of the file, or NULL when that is not known. */
void baseline_write_head(FILE *file, const char *name);

void baseline_done(struct baseline *baseline);

#endif
