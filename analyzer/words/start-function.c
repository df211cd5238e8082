// SPDX-License-Identifier: PostgreSQL
/*
 * start-function.c - see start-function.h.
 */
#include "analyzer/words/start-function.h"

#include <stddef.h>
#include <string.h>

static const char *const start_functions[] = {
	"_start", "__libc_start_main", "__libc_start_call_main", "start_thread", "clone",
	"clone3", "__clone3",          "__GI___clone3"};

bool is_start_function(const char *function)
{
	size_t length = strcspn(function, "@");

	for (size_t i = 0; i < sizeof start_functions / sizeof start_functions[0]; i++)
		if (strlen(start_functions[i]) == length && strncmp(function, start_functions[i], length) == 0)
			return true;
	return strncmp(function, "__libc_start_main", strlen("__libc_start_main")) == 0; /* _impl, by glibc version */
}
