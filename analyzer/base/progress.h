// SPDX-License-Identifier: PostgreSQL
/*
 * progress.h - how far long work has come, for a person who waits.
 *
 * Owns one line on standard error, where that is a terminal; it is gone when the work is done.  Elsewhere, and of what
 * is done within a moment, nothing is printed.  One thread.
 */
#ifndef PQLEAK_ANALYZER_BASE_PROGRESS_H
#define PQLEAK_ANALYZER_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Work of so many steps.  What begins inside another has no line of its own. */
struct progress {
	const char *what; /* "merging traces" */
	int64_t of;
	bool is_shown;
};

struct progress progress_begin(const char *what, int64_t of);

/* `done` steps are done; `now` is what comes next, or NULL. */
void progress_step(struct progress *progress, int64_t done, const char *now);

void progress_end(struct progress *progress);

/* To be called now and then during work of an unknown length; says for how long it goes on.  End it with
 * progress_waited(), before anything is printed. */
void progress_wait(const char *what, const char *of);
void progress_waited(void);

#endif
