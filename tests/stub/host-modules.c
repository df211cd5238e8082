// SPDX-License-Identifier: PostgreSQL
/* host-modules.c - a host without a libpq, and plug-ins and interpreters that come and go. */
#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "interpreter-like.h"
#include "plugin.h"

#define FIND(handle, function) (__extension__(__typeof__(&function)) must_find(handle, #function))

enum { ROUNDS = 20 };

static uintptr_t start_of(void *handle)
{
	struct link_map *map = NULL;
	require(dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0, "dlinfo");
	return map->l_addr;
}

/* swap FILE FILE NAME: two plug-ins by turns under one name, each unloaded before the next; most lie at one address. */
static int swap(int argc, char **argv)
{
	require(argc > 3, "two files and a name");
	uintptr_t before = 0, offset_before = 0;
	int same_place = 0;
	for (int i = 0; i < ROUNDS; i++) {
		unlink(argv[3]);
		require(symlink(argv[1 + i % 2], argv[3]) == 0, argv[3]);
		void *handle = must_open(argv[3], RTLD_NOW);
		uintptr_t start = start_of(handle), offset = (uintptr_t)must_find(handle, "plugin_open") - start;
		require(offset != offset_before, "the plug-ins are laid out differently");
		same_place += start == before;
		before = start;
		offset_before = offset;
		PGconn *conn = FIND(handle, plugin_open)();
		for (int r = 0; r < 5; r++)
			FIND(handle, plugin_clear)(FIND(handle, plugin_exec)(conn));
		FIND(handle, plugin_finish)(conn);
		say_counts("its libpq", FIND(handle, pqstub_control)());
		dlclose(handle);
	}
	say("%s", same_place > 0 ? "they lay at the same place" : "BROKEN: they lay at different places");
	return 0;
}

/* slots PATH MODE: a plug-in that calls libpq through addresses in memory that is not writable. */
static int slots(int argc, char **argv)
{
	require(argc > 2, "a path and a mode");
	void *handle = must_open(argv[1], RTLD_NOW | (strcmp(argv[2], "deep") == 0 ? RTLD_DEEPBIND : 0));
	void (*use)(void) = __extension__(void (*)(void)) must_find(handle, "slots_use");
	use();
	say_counts("libpq", (__extension__(struct stub_control * (*)(void)) must_find(handle, "pqstub_control"))());
	return 0;
}

struct visit {
	void *plugin;
	PGconn *conn; /* NULL: to be opened */
};

static void visit(void *closure)
{
	struct visit *visit = closure;
	if (visit->conn == NULL)
		visit->conn = FIND(visit->plugin, plugin_open)();
	else
		FIND(visit->plugin, plugin_clear)(FIND(visit->plugin, plugin_exec)(visit->conn));
}

/*
 * scripts PLUGIN INTERPRETER...: each is loaded, runs a script that connects at line 10 and asks at 11 and 12, and is
 * unloaded before the next, which lies where it lay.
 */
static int scripts(int argc, char **argv)
{
	require(argc > 2, "a plug-in and interpreters");
	struct visit visits = {.plugin = must_open(argv[1], RTLD_NOW)};
	uintptr_t before = 0;
	bool is_same_place = true;
	for (int i = 2; i < argc; i++) {
		void *interpreter = must_open(argv[i], RTLD_NOW);
		is_same_place &= before == 0 || start_of(interpreter) == before;
		before = start_of(interpreter);
		visits.conn = NULL;
		for (unsigned r = 0; r < 5; r++)
			FIND(interpreter, like_run)(10 + (r + 1) / 2, visit, &visits);
		dlclose(interpreter);
	}
	say("%s", is_same_place ? "they lay at the same place" : "BROKEN: they lay at different places");
	return 0;
}

int main(int argc, char **argv)
{
	return host_main((const struct host_case[]){{"swap", swap}, {"slots", slots}, {"scripts", scripts}, {0}}, argc,
					 argv);
}
