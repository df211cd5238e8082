// SPDX-License-Identifier: PostgreSQL
/* kept.c - see kept.h. */
#include "preload/process/kept.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "preload/elf/apart.h"
#include "preload/process/settings.h"

enum { MOST_VARIABLES = 32, MOST_TEXT = 16384 };

static const char *variables[MOST_VARIABLES + 1];
APART static char text[MOST_TEXT];
static size_t count, used;

/* A variable in two or three parts; what does not fit is left out. */
static bool add(const char *first, const char *second, const char *third)
{
	size_t bytes = strlen(first) + strlen(second) + strlen(third) + 1;
	if (count >= MOST_VARIABLES || bytes > sizeof text - used)
		return false;
	variables[count++] = text + used;
	stpcpy(stpcpy(stpcpy(text + used, first), second), third);
	used += bytes;
	return true;
}

void kept_prepare(const char *folder, const char *file)
{
	static const char prefix[] = "PQLEAK_", trace[] = "PQLEAK_TRACE=";
	if (!settings.keep_environment || settings.trace[0] == '\0' || folder[0] == '\0')
		return;
	/* Those that the program cannot do without come first; the trace's path may have been relative. */
	if (!add("LD_PRELOAD=", folder, file) || !add(trace, settings.trace, "")) {
		variables[0] = NULL;
		return;
	}
	for (char *const *entry = environ; entry != NULL && *entry != NULL; entry++)
		if (strncmp(*entry, prefix, sizeof prefix - 1) == 0 && strncmp(*entry, trace, sizeof trace - 1) != 0)
			add(*entry, "", "");
}

const char *const *kept_variables(void)
{
	return variables;
}
