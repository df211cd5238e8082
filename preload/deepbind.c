// SPDX-License-Identifier: PostgreSQL
/* deepbind.c - see deepbind.h. */
#include "deepbind.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf-object.h"
#include "libpq.h"
#include "settings.h"

/* Objects that were there before the DEEPBIND module: their dynamic sections' addresses. */
#define SEEN_MAX 2048u
static uintptr_t seen[SEEN_MAX];
static unsigned seen_count;
static _Atomic bool is_module_coming;
static atomic_flag working = ATOMIC_FLAG_INIT;

struct object {
	const struct link_map *map;
	uintptr_t relro_low, relro_high;
};

static bool describe(const struct dl_phdr_info *info, struct object *ret)
{
	*ret = (struct object){0};
	struct elf_object found;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + header->p_vaddr;
		if (header->p_type == PT_DYNAMIC && elf_object_at((const void *)start, &found)) {
			ret->map = found.map;
		} else if (header->p_type == PT_GNU_RELRO) {
			ret->relro_low = start & -page;
			ret->relro_high = (start + header->p_memsz) & -page;
		}
	}
	return ret->map != NULL;
}

static int remember(struct dl_phdr_info *info, size_t size, void *closure)
{
	(void)size, (void)closure;
	struct object object;
	if (describe(info, &object) && seen_count < SEEN_MAX)
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

static void patch_slot(const char *name, void **slot, void *closure)
{
	const struct object *object = closure;
	void *ours = elf_own_function(elf_self()->map, name);
	if (ours == NULL || *slot == ours)
		return;
	bool is_read_only = (uintptr_t)slot >= object->relro_low && (uintptr_t)slot < object->relro_high;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *start = (void *)((uintptr_t)slot & -page);
	int error = errno;
	if (!is_read_only || mprotect(start, page, PROT_READ | PROT_WRITE) == 0) {
		__atomic_store_n(slot, ours, __ATOMIC_RELEASE);
		if (is_read_only)
			mprotect(start, page, PROT_READ);
	}
	errno = error;
}

static int patch_if_new(struct dl_phdr_info *info, size_t size, void *closure)
{
	(void)size, (void)closure;
	struct object object;
	if (!describe(info, &object) || was_seen(object.map) || object.map == elf_self()->map)
		return 0;
	libpq_note_deepbind(object.map);
	/* libpq's calls of itself are of no interest; a plug-in that contains a libpq is a user too. */
	if (elf_own_function(object.map, "PQconnectdb") == NULL || elf_foreign_exports(object.map) > 0)
		elf_visit_slots(object.map, patch_slot, &object);
	return 0;
}

int deepbind_mode(int mode)
{
	/* An earlier module first: what comes after may be opened without the flag. */
	deepbind_patch_new_modules();
	if (!(mode & RTLD_DEEPBIND))
		return mode;
	if (settings.clear_deepbind)
		return mode & ~RTLD_DEEPBIND;
	if (!atomic_flag_test_and_set(&working)) {
		seen_count = 0;
		dl_iterate_phdr(remember, NULL);
		atomic_store(&is_module_coming, true);
		atomic_flag_clear(&working);
	}
	return mode;
}

void deepbind_patch_new_modules(void)
{
	if (!atomic_load_explicit(&is_module_coming, memory_order_acquire) || atomic_flag_test_and_set(&working))
		return;
	if (atomic_exchange(&is_module_coming, false))
		dl_iterate_phdr(patch_if_new, NULL);
	atomic_flag_clear(&working);
}
