// SPDX-License-Identifier: PostgreSQL
/* say.c - see say.h. */
#include "preload/process/say.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/base/printable.h"

static struct stat stderr_at_start;

/* The texts said; they are string literals, so their addresses tell them apart. */
static const char *_Atomic said[8];

void say_prepare(void)
{
	if (fstat(STDERR_FILENO, &stderr_at_start) != 0)
		stderr_at_start = (struct stat){0};
}

static bool is_new(const char *text)
{
	for (unsigned i = 0; i < sizeof said / sizeof said[0]; i++) {
		const char *expected = NULL;
		if (atomic_compare_exchange_strong(&said[i], &expected, text))
			return true;
		if (expected == text)
			return false;
	}
	return false;
}

void say_once(const char *text, const char *detail, int error)
{
	struct stat now;
	if (!is_new(text) || fstat(STDERR_FILENO, &now) != 0 || now.st_ino != stderr_at_start.st_ino ||
		now.st_dev != stderr_at_start.st_dev)
		return;
	char line[4608], cause[128] = "";
	if (error != 0)
		snprintf(cause, sizeof cause, ": %s", strerrordesc_np(error));
	int length =
		snprintf(line, sizeof line, "pqleak: process %d (%s): %s%s%s%s\n", (int)getpid(), program_invocation_short_name,
				 text, detail != NULL ? " " : "", detail != NULL ? detail : "", cause);
	length = length < (int)sizeof line ? length : (int)sizeof line - 1;
	line[length - 1] = '\0';
	make_printable(line); /* a path, or what SQLite says of a trace, may hold anything */
	line[length - 1] = '\n';
	ssize_t ignored = write(STDERR_FILENO, line, (size_t)length);
	(void)ignored;
}
