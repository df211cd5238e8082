// SPDX-License-Identifier: PostgreSQL
/*
 * elf-slot.c - the slots through which a loaded object reaches functions of others.
 *
 * Used for four objects only: a module opened with RTLD_DEEPBIND, whose slots
 * would bind past us (deepbind.c), our own libunwind, which must not touch
 * the host's descriptors (stacks/quiet.c), a Python that would end a thread
 * while we wait for it (scripts/python-wait.c), and a driver that gives up Ruby's
 * lock around libpq (ruby.c, scripts/script-ruby.c).
 */
#include "preload/elf/elf-object.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
#define IS_SLOT(type) ((type) == R_X86_64_JUMP_SLOT || (type) == R_X86_64_GLOB_DAT || (type) == R_X86_64_64)
#elif defined(__aarch64__)
#define IS_SLOT(type) ((type) == R_AARCH64_JUMP_SLOT || (type) == R_AARCH64_GLOB_DAT || (type) == R_AARCH64_ABS64)
#else
#error "pqleak knows x86-64 and aarch64"
#endif

/* How the page of an address is protected, by the object's own headers; -1 when they do not say. */
static int protection_of(const struct elf_object *object, uintptr_t address)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)object->low;
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return -1;
	const ElfW(Phdr) *segment = (const ElfW(Phdr) *)(object->low + header->e_phoff);
	int protection = -1;
	for (int i = 0; i < header->e_phnum; i++) {
		uintptr_t start = (object->map->l_addr + segment[i].p_vaddr) & -page;
		uintptr_t end = object->map->l_addr + segment[i].p_vaddr + segment[i].p_memsz;
		if (segment[i].p_type == PT_LOAD && address >= start && address < end)
			protection = (segment[i].p_flags & PF_R ? PROT_READ : 0) | (segment[i].p_flags & PF_W ? PROT_WRITE : 0) |
						 (segment[i].p_flags & PF_X ? PROT_EXEC : 0);
	}
	/* What was relocated and then made read-only; its last, partial page was not. */
	for (int i = 0; i < header->e_phnum && protection >= 0; i++)
		if (segment[i].p_type == PT_GNU_RELRO) {
			uintptr_t start = object->map->l_addr + segment[i].p_vaddr;
			if (address >= (start & -page) && address < ((start + segment[i].p_memsz) & -page))
				protection = PROT_READ;
		}
	return protection;
}

static void write_slot(const struct elf_object *object, void **slot, void *function)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *start = (void *)((uintptr_t)slot & -page);
	int protection = protection_of(object, (uintptr_t)slot);
	if (protection < 0)
		return;
	if (!(protection & PROT_WRITE) && mprotect(start, page, protection | PROT_WRITE) != 0)
		return;
	__atomic_store_n(slot, function, __ATOMIC_RELEASE);
	if (!(protection & PROT_WRITE))
		mprotect(start, page, protection);
}

void elf_replace_slots(const struct elf_object *object, void *(*choose)(const char *name))
{
	const ElfW(Sym) *symbols = NULL;
	const char *strings = NULL;
	struct {
		const ElfW(Rela) * first;
		size_t bytes;
	} lists[2] = {{NULL, 0}, {NULL, 0}};
	for (const ElfW(Dyn) *dyn = object->map->l_ld; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_SYMTAB)
			symbols = elf_dynamic_pointer(object->map, dyn->d_un.d_ptr);
		else if (dyn->d_tag == DT_STRTAB)
			strings = elf_dynamic_pointer(object->map, dyn->d_un.d_ptr);
		else if (dyn->d_tag == DT_RELA)
			lists[0].first = elf_dynamic_pointer(object->map, dyn->d_un.d_ptr);
		else if (dyn->d_tag == DT_RELASZ)
			lists[0].bytes = dyn->d_un.d_val;
		else if (dyn->d_tag == DT_JMPREL)
			lists[1].first = elf_dynamic_pointer(object->map, dyn->d_un.d_ptr);
		else if (dyn->d_tag == DT_PLTRELSZ)
			lists[1].bytes = dyn->d_un.d_val;
	}
	if (symbols == NULL || strings == NULL)
		return;
	int error = errno;
	for (int l = 0; l < 2; l++)
		for (size_t i = 0; lists[l].first != NULL && i < lists[l].bytes / sizeof(ElfW(Rela)); i++) {
			const ElfW(Rela) *relocation = &lists[l].first[i];
			if (!IS_SLOT(ELF64_R_TYPE(relocation->r_info)))
				continue;
			void **slot = (void **)(object->map->l_addr + relocation->r_offset);
			void *function = choose(strings + symbols[ELF64_R_SYM(relocation->r_info)].st_name);
			if (function != NULL && *slot != function)
				write_slot(object, slot, function);
		}
	errno = error;
}
