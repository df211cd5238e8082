// SPDX-License-Identifier: PostgreSQL
/*
 * elf-object.h - questions about the objects the dynamic linker has loaded.
 *
 * Owns: finding an object by an address, and a symbol by name in one object's
 * own dynamic symbol table.  Used by resolution, by the dlsym interposer
 * (which cannot ask dlsym for dlsym) and by elf-slot.c.
 * Never: calls the host, allocates, or keeps anything.
 */
#ifndef PQLEAK_PRELOAD_ELF_ELF_OBJECT_H
#define PQLEAK_PRELOAD_ELF_ELF_OBJECT_H

#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Weak, so that the dynamic linker itself, which has it, does not become a library that ours needs: it would come
 * before most of the host's libraries wherever a name is looked for in all of them, thousands of times as a program
 * starts.  That is why variables of a thread are of the model initial-exec, too.
 */
#pragma weak _r_debug

/* A loaded object, as far as we need to know it. Valid until it is unloaded. */
struct elf_object {
	const struct link_map *map;
	uintptr_t low, high; /* where it lies in memory */
};

/* Finds the object that holds `address`.  False: no object (JIT code, a stack). Lock-free. */
bool elf_object_at(const void *address, struct elf_object *ret);

/*
 * Where an entry of `map`'s dynamic section points.  glibc relocates the pointers of most in place, but not of
 * read-only ones (the vDSO).
 */
const void *elf_dynamic_pointer(const struct link_map *map, ElfW(Addr) value);

/* What the dynamic section points at: to be read once by whoever looks up many names. */
struct elf_tables {
	const ElfW(Sym) * symbols;
	const char *strings;
	const uint32_t *gnu_hash;
	const uint32_t *sysv_hash;
	const uint16_t *versions;
};
bool elf_read_tables(const struct link_map *map, struct elf_tables *ret);
void *elf_function_in(const struct elf_tables *tables, const struct link_map *map, const char *name);
void elf_visit_functions(const struct elf_tables *tables, void (*visit)(const char *name));

/* Behind the last symbol; behind the last that may be undefined, which come first where there is a GNU hash table. */
uint32_t elf_symbols_end(const struct elf_tables *tables);
uint32_t elf_undefined_end(const struct elf_tables *tables);

/* The address of the default version of a function that `map` itself defines, or NULL. */
void *elf_own_function(const struct link_map *map, const char *name);

/* The same for a function or data, which is not asked where it lies, and its size; not for thread-local data. */
void *elf_own_symbol(const struct link_map *map, const char *name, size_t *ret_bytes);

/* The function of that name if exactly one loaded object other than this library defines it, else NULL. */
struct elf_only {
	const char *name; /* the rest is zeros at first */
	atomic_flag is_taken;
	bool is_known;
	unsigned long long adds, subs; /* the linker's counts of loads and unloads when it was looked for */
	void *found;
};
void *elf_only_function(struct elf_only *only);

/*
 * The first object behind this library among those the process began with that defines it: what the global scope means,
 * but for libraries that were opened RTLD_GLOBAL later. Takes no lock.
 */
void *elf_startup_function(const char *name);

/* The first loaded object other than this library that defines the function, in load order; NULL if none does. */
void *elf_find_function(const char *name);

/*
 * The function that comes after this library's own: libc's, or another interposer's that was preloaded behind us.  Asks
 * neither dlsym nor dl_iterate_phdr, which a sanitizer replaces and cannot serve yet when it starts.
 */
void *elf_next_function(const char *name);

/* The C library's own function, whoever stands before it. */
void *elf_libc_function(const char *name);

/* Counts dynamic functions that `map` exports and that are not of libpq's own name space. */
unsigned elf_foreign_exports(const struct link_map *map);

/* Writes the path of the program that runs, cut where it does not fit; nothing where it is unknown.  Returns its
 * length. */
size_t elf_program_path(char *ret, size_t bytes);

/* This library itself. */
const struct elf_object *elf_self(void);

/* --- what an object's linker wrote down in it: elf-note.c --- */

struct elf_note {
	const unsigned char *bytes; /* NULL: there is none */
	size_t length;
};

/* The first note of that type, of an owner with a name of at most three letters, of an object that lies at `load`. */
struct elf_note elf_find_note(const ElfW(Phdr) * segments, size_t count, uintptr_t load, const char owner[4],
							  uint32_t type);

/* --- the slots through which an object reaches functions of others: elf-slot.c --- */

/* Of all pairs of letters, those that some names begin with.  A name of one letter has its end there. */
struct elf_beginnings {
	uint64_t bit[65536 / 64];
};

static inline bool elf_may_begin(const struct elf_beginnings *beginnings, const char *name)
{
	uint16_t letters;
	memcpy(&letters, name, sizeof letters);
	return (beginnings->bit[letters / 64] >> letters % 64 & 1) != 0;
}

static inline void elf_note_beginning(struct elf_beginnings *beginnings, const char *name)
{
	uint16_t letters;
	memcpy(&letters, name, sizeof letters);
	beginnings->bit[letters / 64] |= UINT64_C(1) << letters % 64;
}

/*
 * Points each slot of `object` for which `choose` names a function at that function: slots of what other objects
 * define, or `own_too` of what it defines itself.  Only names are asked for that begin so; NULL: all.  Keeps errno.
 */
void elf_replace_slots(const struct elf_object *object, void *(*choose)(const char *name),
					   const struct elf_beginnings *beginnings, bool own_too);

#endif
