// SPDX-License-Identifier: PostgreSQL
/*
 * suppress-file.h - files of suppressions: what is known and accepted, and until when.
 *
 * Owns their form; pqleak(1) describes it.  An entry begins with
 * `leak:PATTERN` or `misuse:PATTERN`; indented lines after it narrow it down.
 */
#ifndef PQLEAK_ANALYZER_KNOWN_SUPPRESS_FILE_H
#define PQLEAK_ANALYZER_KNOWN_SUPPRESS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/words/kinds.h"

struct suppression {
	char *file; /* and line: where it stands */
	int line;
	bool is_misuse;
	char *pattern;           /* of a function, source file or module of any frame */
	enum resource_kind kind; /* KIND_NONE: any */
	enum misuse_kind misuse; /* MISUSE_NONE: any */
	enum verdict verdict;    /* VERDICT_COUNT: any */
	char **frames;           /* patterns, innermost first; "..." stands for any number of frames */
	size_t frame_count;
	char *module;     /* pattern of a module's path or a script's file; NULL: any */
	char *reason;     /* NULL: none */
	char expires[11]; /* the last day on which it holds, YYYY-MM-DD; "": it does not end */
};

struct suppressions {
	struct suppression *items;
	size_t count;
};

/* Adds the entries of a file; false: it cannot be read or a line is wrong, and the error is printed. */
bool suppress_read(struct suppressions *suppressions, const char *path);

void suppressions_done(struct suppressions *suppressions);

/* As LeakSanitizer has them, in pattern.c: whether the pattern matches a part of `text`: '*' is any text, a '^' at its
 * begin and a '$' at its end are the text's. */
bool pattern_matches(const char *pattern, const char *text);

#endif
