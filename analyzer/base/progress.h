// SPDX-License-Identifier: PostgreSQL
/*
 * progress.h - how far long work has come, for a person who waits.
 *
 * Owns one line on standard error, where that is a terminal; it is gone when the work is done.  Elsewhere nothing is
 * printed.
 */
#ifndef PQLEAK_ANALYZER_BASE_PROGRESS_H
#define PQLEAK_ANALYZER_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what; /* "merging" */
	int64_t of;       /* steps; 0: unknown */
	int64_t shown_ns; /* when it was printed last; 0: it was not */
	bool is_shown;    /* there is a terminal */
};

struct progress progress_begin(const char *what, int64_t of);

/* `done` steps are; `now` is what comes next, or NULL.  Prints a few times a second at most. */
void progress_step(struct progress *progress, int64_t done, const char *now);

void progress_end(struct progress *progress);

#endif
