// SPDX-License-Identifier: PostgreSQL
/* module.c - see module.h. */
#include "preload/recorder/stacks/module.h"

#include <dlfcn.h>
#include <elf.h>
#include <limits.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

bool module_at(uintptr_t address, struct module_place *ret)
{
	struct dl_find_object found;
	if (_dl_find_object((void *)address, &found) != 0)
		return false;
	memset(ret, 0, sizeof *ret);
	ret->identity.link_map = found.dlfo_link_map;
	ret->identity.start = (uintptr_t)found.dlfo_map_start;
	ret->load_address = found.dlfo_link_map->l_addr;
	return true;
}

static size_t write_path(const struct link_map *map, char *ret)
{
	size_t used = 0;
	if (map->l_name[0] == '\0') { /* the executable itself */
		ssize_t length = readlink("/proc/self/exe", ret, PATH_MAX - 1);
		used = length > 0 ? (size_t)length : 0;
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

/* The note that the linker writes; empty when there is none. */
static size_t write_build_id(const struct module_place *place, char *ret)
{
	size_t used = 0;
	const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)place->identity.start;
	const ElfW(Phdr) *segment = (const ElfW(Phdr) *)(place->identity.start + header->e_phoff);
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) == 0)
		for (int i = 0; i < header->e_phnum && used == 0; i++) {
			if (segment[i].p_type != PT_NOTE)
				continue;
			const char *at = (const char *)(place->load_address + segment[i].p_vaddr);
			const char *end = at + segment[i].p_memsz;
			while (at + sizeof(ElfW(Nhdr)) <= end) {
				const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)(const void *)at;
				const char *name = at + sizeof *note;
				const unsigned char *id = (const unsigned char *)name + ((note->n_namesz + 3u) & ~3u);
				if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(name, "GNU", 4) == 0) {
					for (unsigned b = 0; b < note->n_descsz && b < 64; b++) {
						ret[used++] = "0123456789abcdef"[id[b] >> 4];
						ret[used++] = "0123456789abcdef"[id[b] & 15];
					}
					break;
				}
				at = (const char *)id + ((note->n_descsz + 3u) & ~3u);
			}
		}
	ret[used] = '\0';
	return used + 1;
}

size_t module_describe(const struct module_place *place, char ret[MODULE_TEXT_BYTES])
{
	size_t used = write_path(place->identity.link_map, ret);
	return used + write_build_id(place, ret + used);
}
