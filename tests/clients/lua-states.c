// SPDX-License-Identifier: PostgreSQL
/*
 * lua-states.c - a program with several Lua states: each word of its command line but the first, which is the script,
 * says what it does next.  'a' and 'b' run the script in the state of that name, which is made when there is none, 'A'
 * and 'B' close it, 'h' keeps the driver loaded.  Lua is loaded at run time: 77 where there is none.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct lua_State lua_State;

static lua_State *(*new_state)(void);
static void (*open_libraries)(lua_State *);
static int (*load_file)(lua_State *, const char *);
static int (*call)(lua_State *, int, int, int);
static const char *(*to_string)(lua_State *, int, size_t *);
static void (*close_state)(lua_State *);

static void *find(void *lua, const char *name)
{
	void *found = dlsym(lua, name);
	if (found == NULL) {
		fprintf(stderr, "lua-states: no %s\n", name);
		exit(1);
	}
	return found;
}

static void load_lua(void)
{
	/* Global, for the drivers are not linked to it. */
	void *lua = dlopen("libluajit-5.1.so.2", RTLD_NOW | RTLD_GLOBAL);
	if (lua == NULL)
		exit(77);
	*(void **)&new_state = find(lua, "luaL_newstate");
	*(void **)&open_libraries = find(lua, "luaL_openlibs");
	*(void **)&load_file = find(lua, "luaL_loadfile");
	*(void **)&call = find(lua, "lua_pcall");
	*(void **)&to_string = find(lua, "lua_tolstring");
	*(void **)&close_state = find(lua, "lua_close");
}

static lua_State *run(lua_State *state, const char *script)
{
	if (state == NULL) {
		state = new_state();
		open_libraries(state);
	}
	if (load_file(state, script) != 0 || call(state, 0, 0, 0) != 0) {
		fprintf(stderr, "lua-states: %s\n", to_string(state, -1, NULL));
		exit(1);
	}
	return state;
}

static int hold(struct dl_phdr_info *info, size_t size, void *closure)
{
	(void)size;
	bool *is_held = closure;
	if (strstr(info->dlpi_name, "/luasql/postgres.so") != NULL)
		*is_held = dlopen(info->dlpi_name, RTLD_NOW) != NULL;
	return *is_held;
}

static void hold_driver(void)
{
	bool is_held = false;
	dl_iterate_phdr(hold, &is_held);
	if (!is_held) {
		fprintf(stderr, "lua-states: no driver is loaded\n");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	lua_State *states[2] = {NULL, NULL};
	if (argc < 3)
		return 2;
	load_lua();
	for (int i = 2; i < argc; i++) {
		if (argv[i][0] == 'h') {
			hold_driver();
			continue;
		}
		bool upper = argv[i][0] == 'A' || argv[i][0] == 'B';
		lua_State **state = &states[argv[i][0] - (upper ? 'A' : 'a')];
		if (!upper) {
			*state = run(*state, argv[1]);
		} else {
			close_state(*state);
			*state = NULL;
		}
	}
	return 0;
}
