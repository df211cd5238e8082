// SPDX-License-Identifier: PostgreSQL
/*
 * progress.c - see progress.h.
 */
#include "analyzer/base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "trace/base/printable.h"

#define NOW_AND_THEN_NS 200000000
#define LINE_TEXT 80

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct progress progress_begin(const char *what, int64_t of)
{
	const char *terminal = getenv("TERM");
	bool is_dumb = terminal == NULL || strcmp(terminal, "dumb") == 0;

	/* What is done at once is not told at all. */
	return (struct progress){what, of, now_ns(), !is_dumb && isatty(STDERR_FILENO) != 0};
}

void progress_step(struct progress *progress, int64_t done, const char *now)
{
	char line[LINE_TEXT];

	if (!progress->is_shown || now_ns() - progress->shown_ns < NOW_AND_THEN_NS)
		return;
	progress->shown_ns = now_ns();
	if (progress->of > 0)
		snprintf(line, sizeof line, "pqleak: %s, %" PRId64 " of %" PRId64 "%s%.40s", progress->what, done, progress->of,
				 now != NULL ? ": " : "", now != NULL ? now : "");
	else
		snprintf(line, sizeof line, "pqleak: %s, %" PRId64 "%s%.40s", progress->what, done, now != NULL ? ": " : "",
				 now != NULL ? now : "");
	make_printable(line);
	fprintf(stderr, "\r%s\033[K", line);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->is_shown)
		fputs("\r\033[K", stderr);
}
