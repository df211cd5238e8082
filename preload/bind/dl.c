// SPDX-License-Identifier: PostgreSQL
/*
 * dl.c - standing between the host and the dynamic linker.
 *
 * Owns the interposed dlsym, dlvsym, dlopen and dlclose.  dlsym and dlopen
 * look at their caller's return address, so ours are assembly (dl-*.S) that
 * asks the C functions here and then tail-jumps to the real one with the
 * caller's stack untouched.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/bind/deepbind.h"
#include "preload/bind/lua.h"
#include "preload/bind/ruby.h"
#include "preload/calls/thunk.h"
#include "preload/calls/wrappers.h"
#include "preload/elf/elf-object.h"
#include "preload/elf/linker.h"
#include "preload/elf/visibility.h"
#include "preload/libpq/libpq-route.h"

/* What the assembly calls; the answer comes back in two registers. */
struct dlsym_answer {
	void *symbol;
	uintptr_t answered; /* 0: ask the real function, which then also sets dlerror */
};
HIDDEN struct dlsym_answer pqleak_answer_dlsym(void *handle, const char *name, const char *version, const void *caller);
HIDDEN int pqleak_dlopen_mode(int mode);

EXPORT int dlclose(void *handle)
{
	/* Before, so that nothing cached now is believed later; after, so that nothing cached meanwhile is. */
	atomic_fetch_add(&linker_unloads, 1);
	lua_forget(handle);
	int result = linker_close(handle);
	lua_sweep();
	atomic_fetch_add(&linker_unloads, 1);
	return result;
}

static int is_ours(const void *address)
{
	const struct elf_object *self = elf_self();
	return (uintptr_t)address >= self->low && (uintptr_t)address < self->high;
}

/* RTLD_DEFAULT: the global scope, and the caller's own dependencies before or behind it. */
static void *answer_default(enum hook hook, const char *name, const char *version, const void *caller)
{
	bool is_deep = route_is_deepbound(caller);
	void *found = is_deep ? route_in_own_scope(caller, name) : NULL;
	/* The global scope begins with us: what counts is what lies behind. */
	if (found == NULL && linker_find(RTLD_NEXT, name, version) != NULL)
		return wrappers[hook];
	if (found == NULL && !is_deep && version == NULL)
		found = route_in_own_scope(caller, name);
	return found != NULL ? thunk_of(found, hook) : NULL;
}

/* Whether RTLD_NEXT would lead from the caller to us, with nothing of that name in between. */
static bool comes_to_us_next(const void *caller, const char *name)
{
	struct elf_object object;
	if (!elf_object_at(caller, &object))
		return false;
	const struct link_map *map = object.map->l_next;
	while (map != NULL && map != elf_self()->map && elf_own_function(map, name) == NULL)
		map = map->l_next;
	return map == elf_self()->map;
}

/* The opener of a Lua module that reaches libpq notes who opens it; a Ruby extension's is prepared. */
static struct dlsym_answer answer_opener(void *handle, const char *name, const char *version, const void *caller)
{
	const struct dlsym_answer ask = {0};
	if (handle == RTLD_NEXT || handle == RTLD_DEFAULT)
		return ask;
	void *found = linker_find(handle, name, version);
	if (found == NULL || linker_find(handle, LIBPQ_SIGN, NULL) == NULL)
		return ask; /* and the real lookup does away with an error of ours */
	if (ruby_is_opener(name)) {
		ruby_prepare(found, caller);
		return ask;
	}
	void *thunk = lua_thunk(found, handle);
	return thunk != NULL ? (struct dlsym_answer){thunk, 1} : ask;
}

/* What dlsym and dlvsym answer for a name in the table: our wrapper where the real lookup would have succeeded. */
struct dlsym_answer pqleak_answer_dlsym(void *handle, const char *name, const char *version, const void *caller)
{
	const struct dlsym_answer ask = {0};
	linker_prepare();
	deepbind_patch_new_modules();
	enum hook hook = name != NULL ? hook_by_name(name) : HOOK_COUNT;
	if (hook == HOOK_COUNT)
		return name != NULL && (lua_is_opener(name) || ruby_is_opener(name))
				   ? answer_opener(handle, name, version, caller)
				   : ask;
	if (handle == RTLD_NEXT) /* we are an answer only where there is one behind us */
		return comes_to_us_next(caller, name) && linker_find(RTLD_NEXT, name, version) == NULL
				   ? (struct dlsym_answer){NULL, 1}
				   : ask;
	if (handle == RTLD_DEFAULT)
		return (struct dlsym_answer){answer_default(hook, name, version, caller), 1};
	void *found = linker_find(handle, name, version);
	/* The program's handle means the global scope. */
	if (is_ours(found))
		return (struct dlsym_answer){linker_find(RTLD_NEXT, name, version) != NULL ? wrappers[hook] : NULL, 1};
	return found != NULL ? (struct dlsym_answer){thunk_of(found, hook), 1} : ask;
}

int pqleak_dlopen_mode(int mode)
{
	linker_prepare();
	return deepbind_mode(mode);
}
