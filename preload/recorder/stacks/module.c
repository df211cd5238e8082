// SPDX-License-Identifier: PostgreSQL
/* module.c - see module.h. */
#include "preload/recorder/stacks/module.h"

#include <elf.h>
#include <limits.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "preload/elf/elf-object.h"

bool module_at(uintptr_t address, struct module_place *ret)
{
	struct elf_object object;
	if (!elf_object_at((const void *)address, &object))
		return false;
	memset(ret, 0, sizeof *ret);
	ret->identity.link_map = object.map;
	ret->identity.start = object.low;
	ret->load_address = object.map->l_addr;
	return true;
}

static size_t write_path(const struct link_map *map, char *ret)
{
	size_t used = 0;
	if (map->l_name[0] == '\0') { /* the executable itself */
		used = elf_program_path(ret, PATH_MAX);
	} else {
		/* Opened by a relative path: the working directory is most likely still the one it was found from. */
		if (strchr(map->l_name, '/') != NULL && map->l_name[0] != '/' && getcwd(ret, PATH_MAX / 2) != NULL) {
			used = strlen(ret);
			ret[used++] = '/';
		}
		size_t length = strnlen(map->l_name, PATH_MAX - 1 - used);
		memcpy(ret + used, map->l_name, length);
		used += length;
	}
	ret[used] = '\0';
	return used + 1;
}

/*
 * The program headers of a loaded object.  Its first address need not be the place's: where segments are a large page
 * apart (node; most programs on aarch64) each is a mapping of its own, and the ELF header lies in the first.
 */
static const ElfW(Phdr) * program_headers(const struct module_place *place, size_t *ret_count)
{
	const struct link_map *map = place->identity.link_map;
	uintptr_t start = place->identity.start;
	struct elf_object first;
	if (map->l_name[0] == '\0' && getauxval(AT_PHDR) != 0) { /* the executable itself */
		*ret_count = getauxval(AT_PHNUM);
		return (const ElfW(Phdr) *)getauxval(AT_PHDR);
	}
	if (elf_object_at((const void *)map->l_addr, &first) && first.map == map)
		start = first.low;
	const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)start;
	*ret_count = memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 ? header->e_phnum : 0;
	return (const ElfW(Phdr) *)(start + header->e_phoff);
}

/* In hexadecimal; empty when the linker wrote none. */
static size_t write_build_id(const struct module_place *place, char *ret)
{
	enum { BYTES = 64 };
	size_t used = 0, count;
	const ElfW(Phdr) *segments = program_headers(place, &count);
	struct elf_note id = elf_find_note(segments, count, place->load_address, "GNU", NT_GNU_BUILD_ID);
	for (size_t i = 0; i < id.length && i < BYTES; i++) {
		ret[used++] = "0123456789abcdef"[id.bytes[i] >> 4];
		ret[used++] = "0123456789abcdef"[id.bytes[i] & 15];
	}
	ret[used] = '\0';
	return used + 1;
}

size_t module_describe(const struct module_place *place, char ret[MODULE_TEXT_BYTES])
{
	size_t used = write_path(place->identity.link_map, ret);
	return used + write_build_id(place, ret + used);
}
