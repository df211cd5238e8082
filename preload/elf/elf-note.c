// SPDX-License-Identifier: PostgreSQL
/*
 * elf-note.c - what a loaded object's linker wrote down in it.
 *
 * Reads the object as the kernel or the dynamic linker has mapped it; takes no
 * lock and allocates nothing.
 */
#include "preload/elf/elf-object.h"

#include <elf.h>
#include <string.h>

static size_t padded(size_t bytes)
{
	return (bytes + 3) & ~(size_t)3;
}

static struct elf_note find_in(const char *at, const char *end, const char owner[4], uint32_t type)
{
	while (at + sizeof(ElfW(Nhdr)) + 4 <= end) {
		const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)(const void *)at;
		const char *name = at + sizeof *note, *bytes = name + padded(note->n_namesz);
		if (note->n_type == type && note->n_namesz == 4 && memcmp(name, owner, 4) == 0)
			return (struct elf_note){(const unsigned char *)bytes, note->n_descsz};
		at = bytes + padded(note->n_descsz);
	}
	return (struct elf_note){NULL, 0};
}

struct elf_note elf_find_note(const ElfW(Phdr) * segments, size_t count, uintptr_t load, const char owner[4],
							  uint32_t type)
{
	struct elf_note found = {NULL, 0};
	for (size_t i = 0; i < count && found.bytes == NULL; i++)
		if (segments[i].p_type == PT_NOTE) {
			const char *at = (const char *)(load + segments[i].p_vaddr);
			found = find_in(at, at + segments[i].p_memsz, owner, type);
		}
	return found;
}
