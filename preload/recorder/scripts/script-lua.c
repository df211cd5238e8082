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
#include "preload/recorder/stacks/table.h"

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

/* What is noted of a native stack where no function begins. */
#define LUA_CALLS_NOTHING 1

/* --- the native side --- */

/* Where the function begins that Lua called last; 0: Lua called libpq itself, or it is not known. */
static uintptr_t called_by_lua(const struct script_interpreter *interpreter)
{
	uintptr_t frames[CAPTURE_FRAMES];
	size_t count = capture_stack(frames);
	for (size_t i = 0; i < count; i++)
		if (script_is_inside(interpreter, frames[i]))
			return i > 0 ? function_start(frames[i - 1] - 1) : 0;
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

static const char *file_of(const struct debug *debug)
{
	/* "@file", "=what the host calls it", or the script itself. */
	bool is_named = debug->source[0] == '@' || debug->source[0] == '=';
	return is_named ? debug->source + 1 : "[string]";
}

static int line_of(const struct lua *lua, const struct debug *debug)
{
	return lua->is_54 ? debug->v54.line : lua->is_51 ? debug->v51.line : debug->v52.line;
}

static int defined_of(const struct lua *lua, const struct debug *debug)
{
	return lua->is_54 ? debug->v54.defined : lua->is_51 ? debug->v51.defined : debug->v52.defined;
}

/* Whether the C function that begins at `start` runs in a state that may be looked at. */
static bool begin(const struct script_interpreter *interpreter, uintptr_t start, struct lua *ret)
{
	*ret = (struct lua){.interpreter = interpreter, .state = start != 0 ? script_lua_state((const void *)start) : NULL};
	return ret->state != NULL && has_known_layout(ret) && runs(ret, start);
}

/* Takes a frame; false: no more of them. */
typedef bool take_frame(void *closure, const struct lua *lua, const struct debug *debug, bool begins);

/* Gives the frames of Lua's functions to `take`. */
static void tell(const struct lua *lua, take_frame *take, void *closure)
{
	struct debug debug, outer;
	bool has_more = get(lua, 1, "Sl", &debug), goes_on = true;
	for (int level = 2; has_more && goes_on; level++) {
		has_more = get(lua, level, "Sl", &outer);
		/* 5.1 shows a frame for each tail call, of which it knows nothing. */
		if (!is_native(&debug) && line_of(lua, &debug) > 0)
			goes_on = take(closure, lua, &debug, !has_more || is_native(&outer));
		debug = outer;
	}
}

/* --- the chain --- */

struct words {
	struct script_words *ret;
	size_t count;
};

/* A frame's word is made of all that is said of it. */
static bool add_word(void *closure, const struct lua *lua, const struct debug *debug, bool begins)
{
	struct words *words = closure;
	const char *file = file_of(debug);
	uint64_t numbers = (uint64_t)line_of(lua, debug) << 32 | (uint32_t)defined_of(lua, debug);
	uint64_t hash = table_mix(table_mix(begins, numbers), (uint64_t)debug->what[0]);
	hash = table_hash(hash, file, strlen(file));
	words->ret->word[words->count++] = hash;
	words->ret->sum += hash;
	return words->count < SCRIPT_WORDS;
}

static size_t chain(const struct script_interpreter *interpreter, struct script_thread thread, struct script_words *ret)
{
	uintptr_t noted = script_noted(thread.native);
	struct lua lua;
	if (noted == 0)
		return SCRIPT_UNKNOWN;
	if (noted == LUA_CALLS_NOTHING || !begin(interpreter, noted, &lua))
		return 0;
	struct words words = {ret, 0};
	ret->sum = 0;
	tell(&lua, add_word, &words);
	return words.count;
}

/* --- the walk --- */

static bool add(void *closure, const struct lua *lua, const struct debug *debug, bool begins)
{
	char function[256];
	const char *file = file_of(debug);
	script_add(closure, function, name(debug, file, defined_of(lua, debug), function, sizeof function), file,
			   strlen(file), (uint32_t)line_of(lua, debug), begins);
	return script_wants_more(closure);
}

static void walk_lua(const struct script_interpreter *interpreter, struct script_walk *walk)
{
	uintptr_t start = called_by_lua(interpreter);
	struct lua lua;
	script_note(walk, start != 0 ? start : LUA_CALLS_NOTHING);
	if (!begin(interpreter, start, &lua))
		return;
	tell(&lua, add, walk);
	script_trust_chain(walk);
}

const struct script_language script_lua = {
	.name = "lua", .functions = functions, .loops = loops, .chain = chain, .walk = walk_lua};
