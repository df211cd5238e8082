// SPDX-License-Identifier: PostgreSQL
/* hooks.c - see hooks.h. */
#include "preload/libpq/hooks.h"

#include <string.h>

const char *const libpq_function_names[FUNCTION_COUNT] = {
#define HOOK(verb, name, ...) #name,
#include "preload/libpq/hooks.def"
#define ACCESSOR_NAME(name) #name,
	ACCESSORS(ACCESSOR_NAME)};

enum hook hook_by_name(const char *name)
{
	/* dlsym is asked for a great many other names: most are told apart by their first letters. */
	if (strncmp(name, "PQ", 2) != 0 && strncmp(name, "lo_", 3) != 0)
		return HOOK_COUNT;
	for (int h = 0; h < HOOK_COUNT; h++)
		if (strcmp(libpq_function_names[h], name) == 0)
			return (enum hook)h;
	return HOOK_COUNT;
}
