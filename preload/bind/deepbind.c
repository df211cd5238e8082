// SPDX-License-Identifier: PostgreSQL
/* deepbind.c - see deepbind.h. */
#include "preload/bind/deepbind.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "preload/elf/elf-object.h"
#include "preload/libpq/libpq-route.h"
#include "preload/process/forks.h"
#include "preload/process/settings.h"
#include "preload/process/try-lock.h"

/* Objects that are no DEEPBIND module's, or were looked at: where their headers lie, in the linker's order. */
#define SEEN_MAX 2048u
static const void *seen[SEEN_MAX];
static unsigned seen_count;
static unsigned seen_next; /* where the next object of the list most likely is */
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

static void remember(const struct dl_phdr_info *info)
{
	seen_at.adds = info->dlpi_adds;
	seen_at.subs = info->dlpi_subs;
	if (seen_count < SEEN_MAX)
		seen[seen_count++] = info->dlpi_phdr;
}

/* Remembers all there are, unless nothing was loaded or unloaded since they were remembered. */
static int remember_all(struct dl_phdr_info *info, size_t size, void *is_begun)
{
	(void)size;
	if (!*(bool *)is_begun) {
		if (seen_count > 0 && seen_at.adds == info->dlpi_adds && seen_at.subs == info->dlpi_subs)
			return 1;
		*(bool *)is_begun = true;
		seen_count = 0;
	}
	remember(info);
	return 0;
}

static bool was_seen(const struct dl_phdr_info *info)
{
	const void *headers = info->dlpi_phdr;
	if (seen_next < seen_count && seen[seen_next] == headers) {
		seen_next++;
		return true;
	}
	for (unsigned i = 0; i < seen_count; i++)
		if (seen[i] == headers) {
			seen_next = i + 1;
			return true;
		}
	return false;
}

/* Our own symbols, which are asked for the name of each slot; and of all pairs of two letters, those they begin with.
 */
static struct elf_tables own;
static uint64_t begins[65536 / 64];

/* A name that is shorter has its end there. */
static uint16_t beginning(const char *name)
{
	uint16_t letters;
	memcpy(&letters, name, sizeof letters);
	return letters;
}

static void note_beginning(const char *name)
{
	begins[beginning(name) / 64] |= UINT64_C(1) << beginning(name) % 64;
}

static bool prepare(void)
{
	if (own.symbols == NULL && elf_read_tables(elf_self()->map, &own))
		elf_visit_functions(&own, note_beginning);
	return own.symbols != NULL;
}

static void *our_function(const char *name)
{
	uint16_t letters = beginning(name);
	if (__builtin_expect((begins[letters / 64] >> letters % 64 & 1) == 0, 1))
		return NULL;
	return elf_function_in(&own, elf_self()->map, name);
}

static int patch_if_new(struct dl_phdr_info *info, size_t size, void *closure)
{
	(void)size, (void)closure;
	struct elf_object object;
	if (was_seen(info))
		return 0;
	remember(info);
	seen_next = seen_count;
	if (!object_of(info, &object) || object.map == elf_self()->map)
		return 0;
	route_note_deepbind(object.map);
	/* libpq's calls of itself are of no interest; a plug-in that contains a libpq is a user too. */
	if (elf_own_function(object.map, LIBPQ_SIGN) == NULL || elf_foreign_exports(object.map) > 0)
		elf_replace_slots(&object, our_function);
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
		iterate(patch_if_new, NULL);
	}
	try_lock_give(&working);
}
