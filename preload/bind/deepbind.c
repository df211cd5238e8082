// SPDX-License-Identifier: PostgreSQL
/* deepbind.c - see deepbind.h. */
#include "preload/bind/deepbind.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>

#include "preload/elf/apart.h"
#include "preload/elf/elf-object.h"
#include "preload/libpq/libpq-route.h"
#include "preload/process/forks.h"
#include "preload/process/settings.h"
#include "preload/process/try-lock.h"

/* Objects that are no DEEPBIND module's, or were looked at, in the linker's order, which appends. */
#define SEEN_MAX 2048u
APART static const struct link_map *seen[SEEN_MAX];
static unsigned seen_count;
static unsigned seen_next;            /* where the next object of the list most likely is */
static const struct link_map *newest; /* the last of the list, seen or not; it is there while nothing is unloaded */
static struct {
	unsigned long long adds, subs;
} seen_at; /* the linker's counts of loads and unloads then */
static _Atomic bool is_module_coming;
static try_lock working; /* whoever is at it does the work */

static bool object_of(const struct dl_phdr_info *info, struct elf_object *ret)
{
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			return elf_object_at((const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr), ret);
	return false;
}

static void remember(const struct link_map *map)
{
	newest = map;
	if (seen_count < SEEN_MAX)
		seen[seen_count++] = map;
}

static void note_counts(const struct dl_phdr_info *info)
{
	seen_at.adds = info->dlpi_adds;
	seen_at.subs = info->dlpi_subs;
}

/* Remembers all there are, unless nothing was loaded or unloaded since they were remembered. */
static int remember_all(struct dl_phdr_info *info, size_t size, void *is_begun)
{
	(void)size;
	struct elf_object object;
	if (!*(bool *)is_begun) {
		if (seen_count > 0 && seen_at.adds == info->dlpi_adds && seen_at.subs == info->dlpi_subs)
			return 1;
		*(bool *)is_begun = true;
		seen_count = 0;
		note_counts(info);
	}
	if (object_of(info, &object))
		remember(object.map);
	return 0;
}

static bool was_seen(const struct link_map *map)
{
	if (seen_next < seen_count && seen[seen_next] == map) {
		seen_next++;
		return true;
	}
	for (unsigned i = 0; i < seen_count; i++)
		if (seen[i] == map) {
			seen_next = i + 1;
			return true;
		}
	return false;
}

/* Our own symbols, and what their names begin with. */
static struct elf_tables own;
APART static struct elf_beginnings own_beginnings;

static void note_beginning(const char *name)
{
	elf_note_beginning(&own_beginnings, name);
}

static bool prepare(void)
{
	if (own.symbols == NULL && elf_read_tables(elf_self()->map, &own))
		elf_visit_functions(&own, note_beginning);
	return own.symbols != NULL;
}

static void *our_function(const char *name)
{
	return elf_function_in(&own, elf_self()->map, name);
}

static void patch(const struct elf_object *object)
{
	remember(object->map);
	seen_next = seen_count;
	if (object->map == elf_self()->map)
		return;
	route_note_deepbind(object->map);
	bool has_libpq = elf_own_function(object->map, LIBPQ_SIGN) != NULL;
	/* libpq's calls of itself are of no interest; a plug-in that contains a libpq is a user too. */
	if (!has_libpq || elf_foreign_exports(object->map) > 0)
		elf_replace_slots(object, our_function, &own_beginnings, has_libpq);
}

/* Called while the linker's list is locked.  What is new lies behind what was there; or it is looked for in all. */
static int patch_new(struct dl_phdr_info *info, size_t size, void *is_begun)
{
	(void)size;
	struct elf_object object;
	if (!*(bool *)is_begun) {
		*(bool *)is_begun = true;
		bool is_only_longer = newest != NULL && seen_at.subs == info->dlpi_subs;
		note_counts(info);
		if (is_only_longer) {
			for (const struct link_map *map = newest->l_next; map != NULL; map = map->l_next)
				if (elf_object_at(map->l_ld, &object))
					patch(&object);
			return 1;
		}
	}
	if (object_of(info, &object) && !was_seen(object.map))
		patch(&object);
	return 0;
}

static void iterate(int (*visit)(struct dl_phdr_info *, size_t, void *), void *closure)
{
	const void *hold = forks_hold();
	dl_iterate_phdr(visit, closure);
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
		bool is_begun = false;
		iterate(remember_all, &is_begun);
		atomic_store(&is_module_coming, true);
		try_lock_give(&working);
	}
	return mode;
}

void deepbind_patch_new_modules(void)
{
	if (!atomic_load_explicit(&is_module_coming, memory_order_acquire) || !try_lock_take(&working))
		return;
	if (atomic_exchange(&is_module_coming, false) && prepare()) {
		seen_next = 0;
		bool is_begun = false;
		iterate(patch_new, &is_begun);
	}
	try_lock_give(&working);
}
