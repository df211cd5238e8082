// SPDX-License-Identifier: PostgreSQL
/* host.c - see host.h. */
#include "host.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void say(const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
	fflush(stdout);
}

void require(bool condition, const char *what)
{
	if (condition)
		return;
	say("BROKEN: %s", what);
	_exit(98);
}

void *must_open(const char *path, int mode)
{
	void *handle = dlopen(path, mode);
	if (handle == NULL)
		say("%s", dlerror());
	require(handle != NULL, path);
	return handle;
}

void *must_find(void *handle, const char *name)
{
	void *found = dlsym(handle, name);
	require(found != NULL, name);
	return found;
}

void say_counts(const char *whose, struct stub_control *control)
{
	static const char *const names[STUB_FUNCTIONS] = {
#define HOOK(verb, name, ...) #name,
#include "preload/libpq/hooks.def"
	};
	/* The shim asks for the settings of each connection itself. */
	for (int f = 0; f < STUB_FUNCTIONS; f++)
		if (control->calls[f] > 0 && f != STUB_PQconninfo && f != STUB_PQconninfoFree)
			say("%s: %u %s", whose, control->calls[f], names[f]);
	say("%s: %u foreign, %u connections, %u results and %u blocks held", whose, control->foreign, control->conns,
		control->results_held, control->blocks_held);
}

int host_main(const struct host_case *cases, int argc, char **argv)
{
	alarm(600); /* nothing here takes so long */
	for (const struct host_case *c = cases; argc > 1 && c->name != NULL; c++)
		if (strcmp(c->name, argv[1]) == 0)
			return c->run(argc - 1, argv + 1);
	fprintf(stderr, "usage: %s CASE, one of:\n", argv[0]);
	for (const struct host_case *c = cases; c->name != NULL; c++)
		fprintf(stderr, "  %s\n", c->name);
	return 99;
}
