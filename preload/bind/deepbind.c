// SPDX-License-Identifier: PostgreSQL
/* deepbind.c - see deepbind.h. */
#include "preload/bind/deepbind.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>

#include "preload/elf/elf-object.h"
#include "preload/libpq/libpq-route.h"
#include "preload/process/forks.h"
#include "preload/process/settings.h"
#include "preload/process/try-lock.h"

/* Objects that were there before the DEEPBIND module: their dynamic sections' addresses. */
#define SEEN_MAX 2048u
static uintptr_t seen[SEEN_MAX];
static unsigned seen_count;
static _Atomic bool is_module_coming;
static try_lock working; /* whoever is at it does the work */

static bool object_of(const struct dl_phdr_info *info, struct elf_object *ret)
{
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			return elf_object_at((const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr), ret);
	return false;
}

static int remember(struct dl_phdr_info *info, size_t size, void *closure)
{
	(void)size, (void)closure;
	struct elf_object object;
	if (object_of(info, &object) && seen_count < SEEN_MAX)
		seen[seen_count++] = (uintptr_t)object.map->l_ld;
	return 0;
}

static bool was_seen(const struct link_map *map)
{
	for (unsigned i = 0; i < seen_count; i++)
		if (seen[i] == (uintptr_t)map->l_ld)
			return true;
	return false;
}

/* Our own symbols, which are asked for the name of each slot; and by their first two letters, whether there are any. */
static struct elf_tables own;
static bool begins[256][32];

static void note_beginning(const char *name)
{
	begins[(unsigned char)name[0]][name[1] & 31] = true;
}

static bool prepare(void)
{
	if (own.symbols == NULL && elf_read_tables(elf_self()->map, &own))
		elf_visit_functions(&own, note_beginning);
	return own.symbols != NULL;
}

static void *our_function(const char *name)
{
	return begins[(unsigned char)name[0]][name[1] & 31] ? elf_function_in(&own, elf_self()->map, name) : NULL;
}

static int patch_if_new(struct dl_phdr_info *info, size_t size, void *closure)
{
	(void)size, (void)closure;
	struct elf_object object;
	if (!object_of(info, &object) || was_seen(object.map) || object.map == elf_self()->map)
		return 0;
	route_note_deepbind(object.map);
	/* libpq's calls of itself are of no interest; a plug-in that contains a libpq is a user too. */
	if (elf_own_function(object.map, LIBPQ_SIGN) == NULL || elf_foreign_exports(object.map) > 0)
		elf_replace_slots(&object, our_function);
	return 0;
}

static void iterate(int (*visit)(struct dl_phdr_info *, size_t, void *))
{
	const void *hold = forks_hold();
	dl_iterate_phdr(visit, NULL);
	forks_let(hold);
}

int deepbind_mode(int mode)
{
	/* An earlier module first: what comes after may be opened without the flag. */
	deepbind_patch_new_modules();
	if (!(mode & RTLD_DEEPBIND))
		return mode;
	if (settings.clear_deepbind)
		return mode & ~RTLD_DEEPBIND;
	if (try_lock_take(&working)) {
		seen_count = 0;
		iterate(remember);
		atomic_store(&is_module_coming, true);
		try_lock_give(&working);
	}
	return mode;
}

void deepbind_patch_new_modules(void)
{
	if (!atomic_load_explicit(&is_module_coming, memory_order_acquire) || !try_lock_take(&working))
		return;
	if (atomic_exchange(&is_module_coming, false) && prepare())
		iterate(patch_if_new);
	try_lock_give(&working);
}
