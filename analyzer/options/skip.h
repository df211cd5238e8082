// SPDX-License-Identifier: PostgreSQL
/*
 * skip.h - the user's own patterns of code that is no call site.
 *
 * Owns how --skip and --skip-file are read.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_SKIP_H
#define PQLEAK_ANALYZER_OPTIONS_SKIP_H

#include <stdbool.h>

#include "analyzer/options/choice.h"

/* Add a pattern, or those of a file: one a line; blank lines and lines that begin with '#' are none.  False: it failed
 * and said so. */
bool skip_add(struct skip *skip, const char *pattern);
bool skip_add_file(struct skip *skip, const char *path);

#endif
