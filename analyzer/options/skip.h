// SPDX-License-Identifier: PostgreSQL
/*
 * skip.h - the user's own patterns of code that is no call site.
 *
 * Owns the patterns of --skip and --skip-file; they add to the views driver and
 * driver_function.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_SKIP_H
#define PQLEAK_ANALYZER_OPTIONS_SKIP_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

struct skip {
	char **patterns;
	size_t count;
};

/* What the user wants to see of stacks. */
struct frame_choice {
	struct skip skip;
	bool native; /* interpreters' frames too */
};

/* Add a pattern, or those of a file: one a line; blank lines and lines that begin with '#' are none.  False: it failed
 * and said so. */
bool skip_add(struct skip *skip, const char *pattern);
bool skip_add_file(struct skip *skip, const char *path);

/* Puts them into TEMP TABLE skip. */
bool skip_use(const struct skip *skip, sqlite3 *db);

void frame_choice_done(struct frame_choice *choice);

#endif
