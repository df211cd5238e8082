// SPDX-License-Identifier: PostgreSQL
/*
 * lua.h - which lua_State runs a driver: the one thing of Lua that only its drivers are told.
 *
 * Lua hands its state to every C function and exports no way to ask for it.
 * But it finds a C module's opener, luaopen_NAME, with dlsym.  For a module
 * that reaches libpq dlsym answers a thunk that notes the state and goes on to
 * the opener.  A state is remembered for a module as long as it is the only
 * one that ever opened it, and is a main state: then whatever Lua runs that
 * module's functions is this state, or a coroutine of it, and is alive.  It is
 * forgotten at the dlclose of the handle, which is what closing a state does.
 *
 * Owns the thunks' table.  Called by dl.c, by the thunks (lua-*.S), and asked
 * by the recorder.  Never waits: when in doubt, no state is known any more.
 */
#ifndef PQLEAK_PRELOAD_BIND_LUA_H
#define PQLEAK_PRELOAD_BIND_LUA_H

#define LUA_MAX 16 /* so many openers are known at once */

#ifndef __ASSEMBLER__

#include <stdbool.h>

/* Whether a function of that name opens a Lua module. */
bool lua_is_opener(const char *name);

/*
 * What dlsym should answer instead of `opener`, which it found by `handle`; NULL: the opener itself.  The module is one
 * that reaches libpq.
 */
void *lua_thunk(void *opener, void *handle);

/* The handle is about to be closed: perhaps its state is closed too, perhaps another one that has the same handle. */
void lua_forget(const void *handle);

/* After a dlclose: what lay in modules that are gone makes room. */
void lua_sweep(void);

/* The main lua_State that runs the functions of the module at `address`, or NULL when that is not certain. */
void *lua_state_of(const void *address);

#endif
#endif
