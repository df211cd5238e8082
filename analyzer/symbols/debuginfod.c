// SPDX-License-Identifier: PostgreSQL
/*
 * debuginfod.c - debug information from a server; see debuginfod.h.
 *
 * libdwfl loads libdebuginfod itself, at start and only when DEBUGINFOD_URLS is
 * set; the same library is asked here for modules whose own file is gone.
 */
#include "analyzer/symbols/debuginfod.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

#include "analyzer/base/message.h"

#define LIBRARY "libdebuginfod.so.1"
#define SERVERS "DEBUGINFOD_URLS"
#define MOST_SECONDS 120.0

static double spent;

static bool has_servers(void)
{
	const char *servers = getenv(SERVERS);

	return servers != NULL && servers[0] != '\0';
}

bool debuginfod_possible(void)
{
	if (!has_servers())
		return refuse("'--debuginfod': " SERVERS " names no server (set it to the servers to ask)");
	void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
	if (library == NULL)
		return refuse("'--debuginfod': cannot load " LIBRARY " (install elfutils' debuginfod client)");
	dlclose(library); /* libdwfl has it */
	return true;
}

void debuginfod_allow(bool asked)
{
	if (asked && spent < MOST_SECONDS) {
		/* The client's own bounds would let one silent server hold a report for 90 s, and a slow one for ever. */
		setenv("DEBUGINFOD_TIMEOUT", "15", 0);
		setenv("DEBUGINFOD_MAXTIME", "60", 0);
	} else {
		unsetenv(SERVERS);
	}
	unsetenv("DEBUGINFOD_PROGRESS"); /* would be written to stderr, between our own lines */
	unsetenv("DEBUGINFOD_VERBOSE");
}

double debuginfod_spent(double seconds)
{
	return spent += seconds;
}

struct debuginfod_client;
typedef struct debuginfod_client *(*begin_function)(void);
typedef void (*end_function)(struct debuginfod_client *);
typedef int (*find_function)(struct debuginfod_client *, const unsigned char *build_id, int length, char **ret_path);

int debuginfod_fetch(const char *build_id)
{
	void *library = has_servers() ? dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL) : NULL;
	int fd = -1;

	if (library == NULL)
		return -1;
	begin_function begin = __extension__(begin_function) dlsym(library, "debuginfod_begin");
	end_function end = __extension__(end_function) dlsym(library, "debuginfod_end");
	find_function find_debug = __extension__(find_function) dlsym(library, "debuginfod_find_debuginfo");
	find_function find_file = __extension__(find_function) dlsym(library, "debuginfod_find_executable");
	struct debuginfod_client *client =
		begin != NULL && end != NULL && find_debug != NULL && find_file != NULL ? begin() : NULL;
	if (client != NULL) {
		/* Length 0: hexadecimal, and ended by a zero. */
		fd = find_debug(client, (const unsigned char *)build_id, 0, NULL);
		if (fd < 0)
			fd = find_file(client, (const unsigned char *)build_id, 0, NULL);
		end(client);
	}
	dlclose(library);
	return fd >= 0 ? fd : -1;
}
