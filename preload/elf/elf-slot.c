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

static const ElfW(Ehdr) * header_of(const struct elf_object *object)
{
	const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)object->low;
	return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 ? header : NULL;
}

/* How the page of an address was mapped, by the object's own headers; -1 when they do not say. */
static int protection_of(const struct elf_object *object, uintptr_t address)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const ElfW(Ehdr) *header = header_of(object);
	const ElfW(Phdr) *segment = header != NULL ? (const ElfW(Phdr) *)(object->low + header->e_phoff) : NULL;
	int protection = -1;
	for (int i = 0; segment != NULL && i < header->e_phnum; i++) {
		uintptr_t start = (object->map->l_addr + segment[i].p_vaddr) & -page;
		uintptr_t end = object->map->l_addr + segment[i].p_vaddr + segment[i].p_memsz;
		if (segment[i].p_type == PT_LOAD && address >= start && address < end)
			protection = (segment[i].p_flags & PF_R ? PROT_READ : 0) | (segment[i].p_flags & PF_W ? PROT_WRITE : 0) |
						 (segment[i].p_flags & PF_X ? PROT_EXEC : 0);
	}
	return protection;
}

/* What was relocated and then made read-only; its last, partial page was not. */
struct relro {
	uintptr_t start, end, page;
	bool is_open; /* to be written: all of it at once, because each change of a mapping takes microseconds */
};

static struct relro relro_of(const struct elf_object *object)
{
	struct relro relro = {.page = (uintptr_t)sysconf(_SC_PAGESIZE)};
	uintptr_t page = relro.page;
	const ElfW(Ehdr) *header = header_of(object);
	const ElfW(Phdr) *segment = header != NULL ? (const ElfW(Phdr) *)(object->low + header->e_phoff) : NULL;
	for (int i = 0; segment != NULL && i < header->e_phnum; i++)
		if (segment[i].p_type == PT_GNU_RELRO) {
			relro.start = (object->map->l_addr + segment[i].p_vaddr) & -page;
			relro.end = (object->map->l_addr + segment[i].p_vaddr + segment[i].p_memsz) & -page;
		}
	return relro;
}

static bool protect_relro(const struct relro *relro, int protection)
{
	return mprotect((void *)relro->start, relro->end - relro->start, protection) == 0;
}

static void write_slot(const struct elf_object *object, struct relro *relro, void **slot, void *function)
{
	size_t page = relro->page;
	void *start = (void *)((uintptr_t)slot & -page);
	bool is_relro = (uintptr_t)slot >= relro->start && (uintptr_t)slot < relro->end;
	if (is_relro && !relro->is_open)
		relro->is_open = protect_relro(relro, PROT_READ | PROT_WRITE);
	int protection = !is_relro ? protection_of(object, (uintptr_t)slot) : relro->is_open ? PROT_WRITE : -1;
	if (protection < 0 || (!(protection & PROT_WRITE) && mprotect(start, page, protection | PROT_WRITE) != 0))
		return;
	__atomic_store_n(slot, function, __ATOMIC_RELEASE);
	if (!(protection & PROT_WRITE))
		mprotect(start, page, protection);
}

/* --- what is to be replaced --- */

enum { MOST_WANTED = 64 }; /* at a time */

/* Symbols of the object for which a function was chosen. */
struct wanted {
	struct {
		uint32_t symbol;
		void *function;
	} one[MOST_WANTED];
	size_t count;
	uint64_t any[16]; /* by the lower bits of its number, whether one may be: most slots have none */
};

static void want(struct wanted *wanted, uint32_t symbol, void *function)
{
	wanted->one[wanted->count].symbol = symbol;
	wanted->one[wanted->count++].function = function;
	wanted->any[symbol / 64 % 16] |= UINT64_C(1) << symbol % 64;
}

static void *function_for(const struct wanted *wanted, uint32_t symbol)
{
	if (__builtin_expect((wanted->any[symbol / 64 % 16] >> symbol % 64 & 1) == 0, 1))
		return NULL;
	for (size_t i = 0; i < wanted->count; i++)
		if (wanted->one[i].symbol == symbol)
			return wanted->one[i].function;
	return NULL;
}

/* --- slots --- */

struct slots {
	const ElfW(Rela) * first;
	size_t bytes;
	size_t relative; /* so many at the beginning name no symbol: nearly all of a large library */
};

static void read_slots(const struct link_map *map, struct slots lists[2])
{
	for (const ElfW(Dyn) *dyn = map->l_ld; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_RELA)
			lists[0].first = elf_dynamic_pointer(map, dyn->d_un.d_ptr);
		else if (dyn->d_tag == DT_RELASZ)
			lists[0].bytes = dyn->d_un.d_val;
		else if (dyn->d_tag == DT_RELACOUNT)
			lists[0].relative = dyn->d_un.d_val;
		else if (dyn->d_tag == DT_JMPREL)
			lists[1].first = elf_dynamic_pointer(map, dyn->d_un.d_ptr);
		else if (dyn->d_tag == DT_PLTRELSZ)
			lists[1].bytes = dyn->d_un.d_val;
	}
}

static void replace(const struct elf_object *object, struct relro *relro, const struct wanted *wanted)
{
	struct slots lists[2] = {0};
	read_slots(object->map, lists);
	for (int l = 0; l < 2; l++) {
		const ElfW(Rela) *end = lists[l].first + lists[l].bytes / sizeof(ElfW(Rela));
		for (const ElfW(Rela) *at = lists[l].first + lists[l].relative; lists[l].first != NULL && at < end; at++) {
			void *function = function_for(wanted, ELF64_R_SYM(at->r_info));
			void **slot = (void **)(object->map->l_addr + at->r_offset);
			if (function != NULL && IS_SLOT(ELF64_R_TYPE(at->r_info)) && *slot != function)
				write_slot(object, relro, slot, function);
		}
	}
}

void elf_replace_slots(const struct elf_object *object, void *(*choose)(const char *name),
					   const struct elf_beginnings *beginnings, bool own_too)
{
	struct elf_tables tables;
	if (!elf_read_tables(object->map, &tables))
		return;
	int error = errno;
	struct relro relro = relro_of(object);
	struct wanted wanted = {.count = 0};
	uint32_t end = own_too ? elf_symbols_end(&tables) : elf_undefined_end(&tables);
	/* By symbols, which are fewer than slots: most objects name none that is chosen, and their slots are not read. */
	for (uint32_t i = 1; i < end; i++) {
		if (!own_too && tables.symbols[i].st_shndx != SHN_UNDEF)
			continue;
		const char *name = tables.strings + tables.symbols[i].st_name;
		if (beginnings != NULL && !elf_may_begin(beginnings, name))
			continue;
		void *function = choose(name);
		if (function == NULL)
			continue;
		want(&wanted, i, function);
		if (wanted.count == MOST_WANTED) {
			replace(object, &relro, &wanted);
			wanted = (struct wanted){.count = 0};
		}
	}
	if (wanted.count > 0)
		replace(object, &relro, &wanted);
	if (relro.is_open)
		protect_relro(&relro, PROT_READ);
	errno = error;
}
