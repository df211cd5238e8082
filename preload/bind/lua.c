// SPDX-License-Identifier: PostgreSQL
/* lua.c - see lua.h. */
#include "preload/bind/lua.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/elf/elf-object.h"
#include "preload/elf/visibility.h"

#define THUNK_BYTES 16

extern const char pqleak_lua_thunks[] HIDDEN;
HIDDEN void *pqleak_note_lua(void *state, unsigned thunk, const void *caller);

struct opener {
	_Atomic(void *) real; /* NULL: the place is free */
	_Atomic(const void *) handle;
	struct elf_object module;
	_Atomic(void *) state; /* the only one that opened the module by this function, or SEVERAL */
};

#define SEVERAL ((void *)1)

static struct opener openers[LUA_MAX];
static atomic_flag registering;
static _Atomic bool is_blind; /* an opener went by unseen: any module's state may be another one than was noted */

bool lua_is_opener(const char *name)
{
	/* Not strncmp, which a sanitizer replaces: it asks for symbols before its own can be called. */
	const char *prefix = "luaopen_";
	while (*prefix != '\0' && *prefix == *name)
		prefix++, name++;
	return *prefix == '\0';
}

static struct opener *find(const void *real)
{
	for (int i = 0; i < LUA_MAX; i++)
		if (atomic_load_explicit(&openers[i].real, memory_order_acquire) == real)
			return &openers[i];
	return NULL;
}

static struct opener *add(void *real, const void *handle)
{
	struct opener *opener = find(real);
	if (opener != NULL) {
		if (atomic_load(&opener->handle) != handle)
			atomic_store(&opener->state, SEVERAL); /* whose end is the state's? */
		return opener;
	}
	opener = find(NULL);
	if (opener == NULL || !elf_object_at(real, &opener->module))
		return NULL;
	atomic_store(&opener->handle, handle);
	atomic_store(&opener->state, NULL);
	atomic_store_explicit(&opener->real, real, memory_order_release);
	return opener;
}

void *lua_thunk(void *real, void *handle)
{
	struct opener *opener = NULL;
	if (!atomic_flag_test_and_set(&registering)) {
		opener = add(real, handle);
		atomic_flag_clear(&registering);
	}
	if (opener == NULL) {
		atomic_store(&is_blind, true);
		return NULL;
	}
	return (void *)(uintptr_t)(pqleak_lua_thunks + (size_t)(opener - openers) * THUNK_BYTES);
}

/* --- states --- */

typedef int pushthread_function(void *state);
typedef void settop_function(void *state, int index);

/* A coroutine may be collected while its state lives on; Lua says whether this is one. `caller` is Lua. */
static bool is_main_state(void *state, const void *caller)
{
	struct elf_object lua;
	if (!elf_object_at(caller, &lua))
		return false;
	pushthread_function *pushthread =
		(__extension__(pushthread_function *) elf_own_function(lua.map, "lua_pushthread"));
	settop_function *settop = (__extension__(settop_function *) elf_own_function(lua.map, "lua_settop"));
	if (pushthread == NULL || settop == NULL)
		return false;
	bool is_main = pushthread(state) == 1;
	settop(state, -2);
	return is_main;
}

/* Called by a thunk, in place of the opener that it returns. */
void *pqleak_note_lua(void *state, unsigned thunk, const void *caller)
{
	struct opener *opener = &openers[thunk];
	void *noted = is_main_state(state, caller) ? state : SEVERAL;
	void *other = NULL;
	if (!atomic_compare_exchange_strong(&opener->state, &other, noted) && other != noted)
		atomic_store(&opener->state, SEVERAL);
	return atomic_load(&opener->real);
}

static bool is_loaded(const struct opener *opener)
{
	struct elf_object now;
	return elf_object_at((const void *)opener->module.low, &now) && now.map == opener->module.map;
}

void lua_forget(const void *handle)
{
	for (int i = 0; i < LUA_MAX; i++)
		if (atomic_load(&openers[i].real) != NULL && atomic_load(&openers[i].handle) == handle)
			atomic_store(&openers[i].state, SEVERAL);
}

void lua_sweep(void)
{
	for (int i = 0; i < LUA_MAX; i++)
		if (atomic_load(&openers[i].real) != NULL && !is_loaded(&openers[i]))
			atomic_store(&openers[i].real, NULL);
}

void *lua_state_of(const void *address)
{
	struct elf_object module;
	void *only = NULL;
	if (atomic_load(&is_blind) || !elf_object_at(address, &module))
		return NULL;
	for (int i = 0; i < LUA_MAX; i++) {
		if (atomic_load_explicit(&openers[i].real, memory_order_acquire) == NULL ||
			openers[i].module.map != module.map || openers[i].module.low != module.low)
			continue;
		void *state = atomic_load(&openers[i].state);
		if (state == SEVERAL || (only != NULL && state != NULL && state != only))
			return NULL;
		only = state != NULL ? state : only;
	}
	return only;
}
