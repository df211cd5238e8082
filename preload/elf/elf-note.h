// SPDX-License-Identifier: PostgreSQL
/*
 * elf-note.h - what a loaded object's linker wrote down in it.
 *
 * Reads the object as the kernel or the dynamic linker has mapped it; takes no
 * lock and allocates nothing.
 */
#ifndef PQLEAK_PRELOAD_ELF_ELF_NOTE_H
#define PQLEAK_PRELOAD_ELF_ELF_NOTE_H

#include <link.h>
#include <stddef.h>
#include <stdint.h>

struct elf_note {
	const unsigned char *bytes; /* NULL: there is none */
	size_t length;
};

/* The first note of that type, of an owner with a name of at most three letters, of an object that lies at `load`. */
struct elf_note elf_find_note(const ElfW(Phdr) * segments, size_t count, uintptr_t load, const char owner[4],
							  uint32_t type);

#endif
