// SPDX-License-Identifier: PostgreSQL
/* elf-object.c - see elf-object.h. */
#include "preload/elf/elf-object.h"

#include <dlfcn.h>
#include <elf.h>
#include <gnu/libc-version.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

bool elf_object_at(const void *address, struct elf_object *ret)
{
	struct dl_find_object found;
	if (_dl_find_object((void *)(uintptr_t)address, &found) != 0)
		return false;
	ret->map = found.dlfo_link_map;
	ret->low = (uintptr_t)found.dlfo_map_start;
	ret->high = (uintptr_t)found.dlfo_map_end;
	return true;
}

const struct elf_object *elf_self(void)
{
	static struct elf_object self; /* written with the same values by whoever comes first */
	if (self.map == NULL)
		elf_object_at((const void *)(uintptr_t)&elf_self, &self);
	return &self;
}

size_t elf_program_path(char *ret, size_t bytes)
{
	static char path[1024]; /* the kernel takes its time to find it; written with the same bytes by whoever is first */
	static _Atomic size_t known;
	size_t used = atomic_load_explicit(&known, memory_order_acquire);
	if (used > 0 && used < bytes) {
		memcpy(ret, path, used + 1);
		return used;
	}
	ssize_t length = readlink("/proc/self/exe", ret, bytes - 1);
	used = length > 0 ? (size_t)length : 0;
	ret[used] = '\0';
	if (used < sizeof path && used < bytes - 1) {
		memcpy(path, ret, used + 1);
		atomic_store_explicit(&known, used, memory_order_release);
	}
	return used;
}

const void *elf_dynamic_pointer(const struct link_map *map, ElfW(Addr) value)
{
	return (const void *)(value < map->l_addr ? map->l_addr + value : value);
}

static const void *pointer_or_null(const struct link_map *map, ElfW(Addr) value)
{
	return value != 0 ? elf_dynamic_pointer(map, value) : NULL;
}

bool elf_read_tables(const struct link_map *map, struct elf_tables *ret)
{
	*ret = (struct elf_tables){0};
	if (map->l_ld == NULL)
		return false;
	ElfW(Addr) small[DT_SYMTAB + 1] = {0}, gnu_hash = 0, versions = 0;
	for (const ElfW(Dyn) *dyn = map->l_ld; dyn->d_tag != DT_NULL; dyn++) {
		ElfW(Xword) tag = (ElfW(Xword))dyn->d_tag;
		if (tag <= DT_SYMTAB)
			small[tag] = dyn->d_un.d_ptr;
		else if (tag == DT_GNU_HASH)
			gnu_hash = dyn->d_un.d_ptr;
		else if (tag == DT_VERSYM)
			versions = dyn->d_un.d_ptr;
	}
	ret->symbols = pointer_or_null(map, small[DT_SYMTAB]);
	ret->strings = pointer_or_null(map, small[DT_STRTAB]);
	ret->sysv_hash = pointer_or_null(map, small[DT_HASH]);
	ret->gnu_hash = pointer_or_null(map, gnu_hash);
	ret->versions = pointer_or_null(map, versions);
	return ret->symbols != NULL && ret->strings != NULL && (ret->gnu_hash != NULL || ret->sysv_hash != NULL);
}

static uint32_t gnu_hash_of(const char *name)
{
	uint32_t hash = 5381;
	for (const unsigned char *c = (const unsigned char *)name; *c != '\0'; c++)
		hash = hash * 33 + *c;
	return hash;
}

static bool is_default_symbol(const struct elf_tables *tables, uint32_t i)
{
	const ElfW(Sym) *symbol = &tables->symbols[i];
	/* The high bit of a version marks one that new links do not get. */
	return symbol->st_shndx != SHN_UNDEF && ELF64_ST_BIND(symbol->st_info) != STB_LOCAL &&
		   (tables->versions == NULL || !(tables->versions[i] & 0x8000));
}

static bool is_default_function(const struct elf_tables *tables, uint32_t i)
{
	unsigned type = ELF64_ST_TYPE(tables->symbols[i].st_info);
	return (type == STT_FUNC || type == STT_GNU_IFUNC) && is_default_symbol(tables, i);
}

/* Not strcmp, which a sanitizer replaces: it asks for symbols before its own can be called. */
static bool is_same_name(const char *a, const char *b)
{
	while (*a == *b && *a != '\0')
		a++, b++;
	return *a == *b;
}

/* Whether the hash table's filter has that hash: of names that are not there, nearly all are told by it. */
static bool may_have(const uint32_t *header, uint32_t hash)
{
	const ElfW(Addr) *filter = (const ElfW(Addr) *)(const void *)(header + 4);
	const uint32_t bits = sizeof *filter * 8;
	if (header[2] == 0)
		return true;
	ElfW(Addr) word = filter[hash / bits % header[2]];
	return (word >> hash % bits & word >> (hash >> (header[3] & 31)) % bits & 1) != 0;
}

typedef bool is_wanted_symbol(const struct elf_tables *tables, uint32_t i);

/* The index of the exported symbol of that name, or 0. */
static uint32_t find_symbol(const struct elf_tables *tables, const char *name, is_wanted_symbol *is_wanted)
{
	if (tables->gnu_hash == NULL) {
		for (uint32_t i = 1; i < tables->sysv_hash[1]; i++)
			if (is_wanted(tables, i) && is_same_name(tables->strings + tables->symbols[i].st_name, name))
				return i;
		return 0;
	}
	const uint32_t *header = tables->gnu_hash;
	uint32_t buckets = header[0], first = header[1], bloom_words = header[2];
	const uint32_t *bucket = header + 4 + bloom_words * (sizeof(ElfW(Addr)) / 4);
	const uint32_t *chain = bucket + buckets;
	uint32_t hash = gnu_hash_of(name);
	if (buckets == 0 || !may_have(header, hash))
		return 0;
	uint32_t i = bucket[hash % buckets];
	if (i < first)
		return 0;
	for (;; i++) {
		uint32_t link = chain[i - first];
		if (((link ^ hash) >> 1) == 0 && is_wanted(tables, i) &&
			is_same_name(tables->strings + tables->symbols[i].st_name, name))
			return i;
		if (link & 1)
			return 0;
	}
}

void *elf_function_in(const struct elf_tables *tables, const struct link_map *map, const char *name)
{
	uint32_t i = find_symbol(tables, name, is_default_function);
	if (i == 0)
		return NULL;
	void *address = (void *)(map->l_addr + tables->symbols[i].st_value);
	if (ELF64_ST_TYPE(tables->symbols[i].st_info) == STT_GNU_IFUNC)
		return (__extension__(void *(*)(void)) address)();
	return address;
}

void *elf_own_function(const struct link_map *map, const char *name)
{
	struct elf_tables tables;
	return elf_read_tables(map, &tables) ? elf_function_in(&tables, map, name) : NULL;
}

void *elf_own_symbol(const struct link_map *map, const char *name, size_t *ret_bytes)
{
	struct elf_tables tables;
	if (!elf_read_tables(map, &tables))
		return NULL;
	uint32_t i = find_symbol(&tables, name, is_default_symbol);
	unsigned type = ELF64_ST_TYPE(tables.symbols[i].st_info);
	if (i == 0 || (type != STT_FUNC && type != STT_OBJECT))
		return NULL;
	*ret_bytes = tables.symbols[i].st_size;
	return (void *)(map->l_addr + tables.symbols[i].st_value);
}

static void *find_in_object(const struct dl_phdr_info *info, const char *name)
{
	struct link_map map = {.l_addr = info->dlpi_addr};
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			map.l_ld = (ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	const struct elf_object *self = elf_self();
	if (map.l_ld == NULL || ((uintptr_t)map.l_ld >= self->low && (uintptr_t)map.l_ld < self->high))
		return NULL;
	return elf_own_function(&map, name);
}

struct find {
	const char *name;
	void *found;
};

static int find_first(struct dl_phdr_info *info, size_t size, void *closure)
{
	(void)size;
	struct find *find = closure;
	find->found = find_in_object(info, find->name);
	return find->found != NULL;
}

void *elf_find_function(const char *name)
{
	struct find find = {.name = name};
	dl_iterate_phdr(find_first, &find);
	return find.found;
}

struct find_all {
	struct elf_only *only;
	bool may_use; /* what is known of it, and write it down */
	bool is_begun;
	void *found;
	unsigned count;
};

static int find_all(struct dl_phdr_info *info, size_t size, void *closure)
{
	(void)size;
	struct find_all *find = closure;
	struct elf_only *only = find->only;
	if (!find->is_begun && find->may_use) {
		if (only->is_known && only->adds == info->dlpi_adds && only->subs == info->dlpi_subs) {
			find->found = only->found;
			find->count = find->found != NULL;
			return 1;
		}
		only->adds = info->dlpi_adds;
		only->subs = info->dlpi_subs;
	}
	find->is_begun = true;
	void *found = find_in_object(info, only->name);
	if (found != NULL) {
		find->found = found;
		find->count++;
	}
	return 0;
}

void *elf_only_function(struct elf_only *only)
{
	/* Whoever comes meanwhile, in another thread or a handler, looks for itself; so will a child that finds it taken.
	 */
	struct find_all find = {.only = only, .may_use = !atomic_flag_test_and_set(&only->is_taken)};
	dl_iterate_phdr(find_all, &find);
	void *found = find.count == 1 ? find.found : NULL;
	if (find.may_use) {
		only->found = found;
		only->is_known = true;
		atomic_flag_clear(&only->is_taken);
	}
	return found;
}

/* The end of the list before anything was opened at run time: our constructor is early, and a first call is earlier. */
static const struct link_map *last_at_startup(void)
{
	static const struct link_map *_Atomic last;
	const struct link_map *map = atomic_load(&last);
	if (map == NULL) {
		for (map = elf_self()->map; map->l_next != NULL;)
			map = map->l_next;
		atomic_store(&last, map);
	}
	return map;
}

__attribute__((constructor)) static void loaded(void)
{
	last_at_startup();
}

void *elf_startup_function(const char *name)
{
	void *found = NULL;
	const struct link_map *last = last_at_startup();
	for (const struct link_map *map = elf_self()->map; map != last && map->l_next != NULL && found == NULL;) {
		map = map->l_next;
		found = elf_own_function(map, name);
	}
	return found;
}

void *elf_next_function(const char *name)
{
	/* The objects the process began with stay where they are in the list; libc is among them. */
	void *found = NULL;
	for (const struct link_map *map = elf_self()->map->l_next; map != NULL && found == NULL; map = map->l_next)
		found = elf_own_function(map, name);
	return found;
}

void *elf_libc_function(const char *name)
{
	struct elf_object libc;
	return elf_object_at(__extension__(const void *) gnu_get_libc_version, &libc) ? elf_own_function(libc.map, name)
																				  : NULL;
}

static bool is_libpq_name(const char *name)
{
	return strncmp(name, "PQ", 2) == 0 || strncmp(name, "lo_", 3) == 0 || strncmp(name, "pg_", 3) == 0 ||
		   strncmp(name, "pq", 2) == 0 || strstr(name, "PQExpBuffer") != NULL || name[0] == '_';
}

/* Where the symbols begin and end of which some are exported. */
static void symbol_range(const struct elf_tables *tables, uint32_t *ret_first, uint32_t *ret_end)
{
	*ret_first = 1;
	*ret_end = 0;
	if (tables->gnu_hash == NULL) {
		*ret_end = tables->sysv_hash[1];
		return;
	}
	uint32_t buckets = tables->gnu_hash[0], first = tables->gnu_hash[1], end = 0;
	const uint32_t *bucket = tables->gnu_hash + 4 + tables->gnu_hash[2] * (sizeof(ElfW(Addr)) / 4);
	const uint32_t *chain = bucket + buckets;
	for (uint32_t b = 0; b < buckets; b++)
		if (bucket[b] > end)
			end = bucket[b];
	if (end < first)
		return;
	while (!(chain[end - first] & 1))
		end++;
	*ret_first = first;
	*ret_end = end + 1;
}

uint32_t elf_symbols_end(const struct elf_tables *tables)
{
	uint32_t first, end;
	symbol_range(tables, &first, &end);
	return end > first ? end : elf_undefined_end(tables);
}

uint32_t elf_undefined_end(const struct elf_tables *tables)
{
	return tables->gnu_hash != NULL ? tables->gnu_hash[1] : tables->sysv_hash[1];
}

void elf_visit_functions(const struct elf_tables *tables, void (*visit)(const char *name))
{
	uint32_t first, end;
	symbol_range(tables, &first, &end);
	for (uint32_t i = first; i < end; i++)
		if (is_default_function(tables, i))
			visit(tables->strings + tables->symbols[i].st_name);
}

unsigned elf_foreign_exports(const struct link_map *map)
{
	struct elf_tables tables;
	if (!elf_read_tables(map, &tables))
		return 0;
	unsigned count = 0;
	uint32_t first, end;
	symbol_range(&tables, &first, &end);
	for (uint32_t i = first; i < end; i++)
		if (is_default_function(&tables, i) && !is_libpq_name(tables.strings + tables.symbols[i].st_name))
			count++;
	return count;
}
