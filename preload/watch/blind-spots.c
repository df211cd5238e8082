// SPDX-License-Identifier: PostgreSQL
/* blind-spots.c - see blind-spots.h. */
#include "preload/watch/blind-spots.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <sys/auxv.h>

#include "preload/elf/elf-object.h"
#include "preload/libpq/libpq.h"
#include "preload/process/forks.h"
#include "preload/process/mark.h"
#include "preload/process/settings.h"

/* --- Go --- */

/* By the program's own notes, as the kernel has mapped them. */
static bool is_go(void)
{
	enum { GO_BUILD_ID = 4 };
	const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	size_t count = headers != NULL ? getauxval(AT_PHNUM) : 0;
	uintptr_t load = 0;
	for (size_t i = 0; i < count; i++)
		if (headers[i].p_type == PT_PHDR)
			load = (uintptr_t)headers - headers[i].p_vaddr;
	return elf_find_note(headers, count, load, "Go\0", GO_BUILD_ID).bytes != NULL;
}

void blind_spots_at_start(void)
{
	/* Without a trace that is shared nobody will ask what is beside this process's own. */
	if (settings.is_shared && is_go())
		mark_unseen_here("go", "");
}

/* --- namespaces --- */

/* Called while the dynamic linker's list is locked: nothing is unloaded meanwhile. */
static int look_into_namespaces(struct dl_phdr_info *info, size_t size, void *closure)
{
	(void)info, (void)size;
	const struct link_map **found = closure;
	const struct r_debug_extended *space = (const struct r_debug_extended *)&_r_debug;
	__asm__("" : "+r"(space)); /* the compiler knows only the beginning that all versions share */
	for (space = space->r_next; space != NULL && *found == NULL; space = space->r_next)
		for (const struct link_map *map = space->base.r_map; map != NULL && *found == NULL; map = map->l_next)
			if (map->l_ld != NULL && elf_own_function(map, LIBPQ_SIGN) != NULL)
				*found = map;
	return 1;
}

void blind_spots_at_end(void)
{
	const struct link_map *found = NULL;
	/* Version 2 has further namespaces. */
	if (_r_debug.r_version < 2)
		return;
	const void *hold = forks_hold();
	dl_iterate_phdr(look_into_namespaces, &found);
	forks_let(hold);
	if (found != NULL)
		mark_unseen_here("namespace", found->l_name);
}
