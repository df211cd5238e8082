// SPDX-License-Identifier: PostgreSQL
/* dl.c - see dl.h. */
#include "dl.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deepbind.h"
#include "elf-object.h"
#include "hooks.h"
#include "libpq.h"

#define EXPORT __attribute__((visibility("default")))
#define HIDDEN __attribute__((visibility("hidden")))

typedef void *dlsym_function(void *, const char *);
typedef void *dlvsym_function(void *, const char *, const char *);
typedef int dlclose_function(void *);

/* Where the assembly jumps to; filled before it first does. */
HIDDEN void *pqleak_real_dlsym, *pqleak_real_dlvsym, *pqleak_real_dlopen;
static dlclose_function *real_dlclose;

/* What the assembly calls; the answer comes back in two registers. */
struct dlsym_answer {
	void *symbol;
	uintptr_t answered; /* 0: ask the real function, which then also sets dlerror */
};
HIDDEN struct dlsym_answer pqleak_answer_dlsym(void *handle, const char *name, const char *version, const void *caller);
HIDDEN int pqleak_dlopen_mode(int mode);

static void find_real_functions(void)
{
	if (real_dlclose != NULL)
		return;
	/* Not dlsym(RTLD_NEXT): these are looked for while the constructors of other libraries run, before ours. */
	pqleak_real_dlsym = elf_next_function("dlsym");
	pqleak_real_dlvsym = elf_next_function("dlvsym");
	pqleak_real_dlopen = elf_next_function("dlopen");
	real_dlclose = (__extension__(dlclose_function *)elf_next_function("dlclose"));
}

/* `version` is NULL but for dlvsym. */
static void *look_up(void *handle, const char *name, const char *version)
{
	find_real_functions();
	void *found = version == NULL ? (__extension__(dlsym_function *)pqleak_real_dlsym)(handle, name)
	                              : (__extension__(dlvsym_function *)pqleak_real_dlvsym)(handle, name, version);
	/* Must stay a real call: as a tail call the linker would see our caller, and RTLD_NEXT would mean another thing. */
	__asm__ volatile("" : "+r"(found));
	return found;
}

void *dl_real_dlsym(void *handle, const char *name)
{
	return look_up(handle, name, NULL);
}

void *dl_next_symbol(const char *name)
{
	return dl_real_dlsym(RTLD_NEXT, name);
}

void dlclose_quietly(void *handle)
{
	find_real_functions();
	real_dlclose(handle);
}

EXPORT int dlclose(void *handle)
{
	find_real_functions();
	/* Before, so that nothing cached now is believed later; after, so that nothing cached meanwhile is. */
	atomic_fetch_add(&libpq_unloads, 1);
	int result = real_dlclose(handle);
	atomic_fetch_add(&libpq_unloads, 1);
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
	bool is_deep = libpq_is_deepbound(caller);
	void *found = is_deep ? libpq_in_own_scope(caller, name) : NULL;
	/* The global scope begins with us: what counts is what lies behind. */
	if (found == NULL && look_up(RTLD_NEXT, name, version) != NULL)
		return hooks[hook].wrapper;
	if (found == NULL && !is_deep && version == NULL)
		found = libpq_in_own_scope(caller, name);
	return found != NULL ? libpq_thunk(found, hook) : NULL;
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

/* What dlsym and dlvsym answer for a name in the table: our wrapper where the real lookup would have succeeded. */
struct dlsym_answer pqleak_answer_dlsym(void *handle, const char *name, const char *version, const void *caller)
{
	const struct dlsym_answer ask = {0};
	find_real_functions();
	deepbind_patch_new_modules();
	enum hook hook = name != NULL ? hook_by_name(name) : HOOK_COUNT;
	if (hook == HOOK_COUNT)
		return ask;
	if (handle == RTLD_NEXT) /* we are an answer only where there is one behind us */
		return comes_to_us_next(caller, name) && look_up(RTLD_NEXT, name, version) == NULL
		           ? (struct dlsym_answer){NULL, 1}
		           : ask;
	if (handle == RTLD_DEFAULT)
		return (struct dlsym_answer){answer_default(hook, name, version, caller), 1};
	void *found = look_up(handle, name, version);
	/* The program's handle means the global scope. */
	if (is_ours(found))
		return (struct dlsym_answer){look_up(RTLD_NEXT, name, version) != NULL ? hooks[hook].wrapper : NULL, 1};
	return found != NULL ? (struct dlsym_answer){libpq_thunk(found, hook), 1} : ask;
}

int pqleak_dlopen_mode(int mode)
{
	find_real_functions();
	return deepbind_mode(mode);
}
