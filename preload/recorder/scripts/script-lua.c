// SPDX-License-Identifier: PostgreSQL
/*
 * script-lua.c - the frames of Lua's scripts: 5.1 to 5.4, and LuaJIT.
 *
 * Lua has no way to ask for the state that runs, so the shim notes which main
 * state opened a driver's module (preload/bind/lua.h).  That state is looked at only
 * where its innermost frame is the very C function that stands on this thread's
 * native stack, called by Lua: inside a coroutine, which is a state of its own
 * that nobody has noted, that is not so, and the stack stays native.
 *
 * lua_getstack and lua_getinfo only read, but for one function that lies on
 * Lua's stack for a moment, where a C function's call has room.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "preload/recorder/scripts/script.h"
#include "preload/recorder/stacks/capture.h"
#include "preload/recorder/stacks/module.h"

#define FUNCTIONS(F)                                                                                                   \
	F(LUA_GETINFO, "lua_getinfo")                                                                                      \
	F(LUA_GETSTACK, "lua_getstack")                                                                                    \
	F(LUA_TOCFUNCTION, "lua_tocfunction")                                                                              \
	F(LUA_SETTOP, "lua_settop")                                                                                        \
	F(LUA_LAST_NEEDED, "")                                                                                             \
	F(LUA_CALLK, "lua_callk")         /* since 5.2 */                                                                  \
	F(LUA_CLOSESLOT, "lua_closeslot") /* since 5.4 */                                                                  \
	F(LUA_VERSION, "lua_version")

enum lua_function { FUNCTIONS(SCRIPT_NUMBER) };
static const char *const functions[] = {FUNCTIONS(SCRIPT_NAME) NULL};

static const char *const loops[] = {"lua_pcall", "lua_call", "lua_pcallk", "lua_callk", NULL};

typedef int getinfo_function(void *state, const char *what, void *debug);
typedef int getstack_function(void *state, int level, void *debug);
typedef const void *tocfunction_function(void *state, int index);
typedef void settop_function(void *state, int index);
typedef double version_function(void *state);

/* lua_Debug, of which versions have more at its end. */
struct debug {
	int event;
	const char *name, *name_kind; /* what the caller calls the function: not asked for */
	const char *what;             /* "Lua", "C", "main" or "tail" */
	const char *source;
	union {
		struct {
			int line, upvalues, defined;
		} v51;
		struct {
			int line, defined;
		} v52; /* and 5.3 */
		struct {
			size_t source_length;
			int line, defined;
		} v54;
	};
	char more[512];
};

struct lua {
	const struct script_interpreter *interpreter;
	void *state;
	bool is_51, is_54;
};

#define CALL(type, lua, number) FUNCTION_OF((lua)->interpreter, number, type *)

/* --- the native side --- */

/* A return address in the function that Lua called last, or 0: it called libpq itself. */
static uintptr_t called_by_lua(const struct script_interpreter *interpreter)
{
	uintptr_t frames[CAPTURE_FRAMES];
	size_t count = capture_stack(frames);
	for (size_t i = 0; i < count; i++)
		if (script_is_inside(interpreter, frames[i]))
			return i > 0 ? frames[i - 1] : 0;
	return 0;
}

/* --- Lua's side --- */

static bool has_known_layout(struct lua *lua)
{
	enum { VERSION_5_4 = 504 };
	lua->is_51 = lua->interpreter->function[LUA_CALLK] == NULL;
	lua->is_54 = lua->interpreter->function[LUA_CLOSESLOT] != NULL;
	/* Up to 5.3 lua_version answers something else, or is not there. */
	return !lua->is_54 || (lua->interpreter->function[LUA_VERSION] != NULL &&
						   CALL(version_function, lua, LUA_VERSION)(lua->state) == VERSION_5_4);
}

static bool get(const struct lua *lua, int level, const char *what, struct debug *ret)
{
	return CALL(getstack_function, lua, LUA_GETSTACK)(lua->state, level, ret) == 1 &&
		   CALL(getinfo_function, lua, LUA_GETINFO)(lua->state, what, ret) != 0;
}

/* Whether the state's innermost frame is that of the C function at `start`. */
static bool runs(const struct lua *lua, uintptr_t start)
{
	struct debug debug;
	if (!get(lua, 0, "f", &debug))
		return false;
	const void *function = CALL(tocfunction_function, lua, LUA_TOCFUNCTION)(lua->state, -1);
	CALL(settop_function, lua, LUA_SETTOP)(lua->state, -2);
	return start != 0 && (uintptr_t)function == start;
}

static bool is_native(const struct debug *debug)
{
	return strcmp(debug->what, "C") == 0;
}

/*
 * Lua's functions have no names, only callers have names for them, and each its own.  So that the stacks of a function
 * do not differ, it is called after where it is defined, as Lua does where it knows no name.
 */
static size_t name(const struct debug *debug, const char *file, int defined, char *ret, size_t room)
{
	if (strcmp(debug->what, "main") == 0)
		return (size_t)snprintf(ret, room, "main chunk");
	const char *slash = strrchr(file, '/');
	int length = snprintf(ret, room, "function <%.200s:%d>", slash != NULL ? slash + 1 : file, defined);
	return length > 0 && (size_t)length < room ? (size_t)length : 0;
}

static void add(const struct lua *lua, struct script_walk *walk, const struct debug *debug, bool begins)
{
	char function[256];
	int line = lua->is_54 ? debug->v54.line : lua->is_51 ? debug->v51.line : debug->v52.line;
	int defined = lua->is_54 ? debug->v54.defined : lua->is_51 ? debug->v51.defined : debug->v52.defined;
	/* "@file", "=what the host calls it", or the script itself. */
	bool is_named = debug->source[0] == '@' || debug->source[0] == '=';
	const char *file = is_named ? debug->source + 1 : "[string]";
	/* 5.1 shows a frame for each tail call, of which it knows nothing. */
	if (line > 0)
		script_add(walk, function, name(debug, file, defined, function, sizeof function), file, strlen(file),
				   (uint32_t)line, begins);
}

static void walk_lua(const struct script_interpreter *interpreter, struct script_walk *walk)
{
	uintptr_t driver = called_by_lua(interpreter);
	struct lua lua = {.interpreter = interpreter,
					  .state = driver != 0 ? script_lua_state((const void *)(driver - 1)) : NULL};
	if (lua.state == NULL || !has_known_layout(&lua) || !runs(&lua, function_start(driver - 1)))
		return;
	struct debug debug, outer;
	bool has_more = get(&lua, 1, "Sl", &debug);
	for (int level = 2; has_more && script_wants_more(walk); level++) {
		has_more = get(&lua, level, "Sl", &outer);
		if (!is_native(&debug))
			add(&lua, walk, &debug, !has_more || is_native(&outer));
		debug = outer;
	}
}

const struct script_language script_lua = {.name = "lua", .functions = functions, .loops = loops, .walk = walk_lua};
