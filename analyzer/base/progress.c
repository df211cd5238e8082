// SPDX-License-Identifier: PostgreSQL
/*
 * progress.c - see progress.h.
 */
#include "analyzer/base/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "trace/base/printable.h"

#define SECOND_NS 1000000000
#define PATIENCE_NS SECOND_NS /* before anything is printed */
#define BETWEEN_NS (SECOND_NS / 5)
#define LINE_TEXT 80

/* There is one line, and so one of these. */
static struct {
	int depth;        /* of work with steps */
	int64_t since_ns; /* when that, or the waiting, began; 0: it has not */
	int64_t shown_ns; /* when the line was printed last; 0: it is not there */
} line;

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

static bool has_terminal(void)
{
	const char *terminal = getenv("TERM");

	return terminal != NULL && strcmp(terminal, "dumb") != 0 && isatty(STDERR_FILENO) != 0;
}

/* Whether it is time for the line. */
static bool is_due(void)
{
	int64_t now = now_ns();

	if (line.since_ns == 0)
		line.since_ns = now;
	return now - line.since_ns >= PATIENCE_NS && now - line.shown_ns >= BETWEEN_NS;
}

static void show(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void show(const char *format, ...)
{
	char text[LINE_TEXT];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	make_printable(text);
	fprintf(stderr, "\rpqleak: %s\033[K", text);
	fflush(stderr);
	line.shown_ns = now_ns();
}

static void clear(void)
{
	if (line.shown_ns != 0)
		fputs("\r\033[K", stderr);
	line.shown_ns = line.since_ns = 0;
}

struct progress progress_begin(const char *what, int64_t of)
{
	line.depth++;
	return (struct progress){what, of, line.depth == 1 && has_terminal()};
}

void progress_step(struct progress *progress, int64_t done, const char *now)
{
	if (progress->is_shown && is_due())
		show("%s, %" PRId64 " of %" PRId64 "%s%.30s", progress->what, done, progress->of, now != NULL ? ": " : "",
			 now != NULL ? now : "");
}

void progress_end(struct progress *progress)
{
	if (progress->is_shown)
		clear();
	line.depth--;
}

void progress_wait(const char *what, const char *of)
{
	if (line.depth == 0 && has_terminal() && is_due())
		show("%s %.40s, %" PRId64 " s", what, of, (now_ns() - line.since_ns) / SECOND_NS);
}

void progress_waited(void)
{
	if (line.depth == 0)
		clear();
}
