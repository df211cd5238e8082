// SPDX-License-Identifier: PostgreSQL
/*
 * libpq-route.c - which libpq a caller would have reached without us.
 *
 * Owns what is known of callers: the DEEPBIND modules, the cache of callers
 * already resolved, and the makers of objects.  Declared in libpq.h; the
 * registry it asks is libpq.c.
 */
#include <assert.h>
#include <dlfcn.h>
#include <stddef.h>

#include "libpq-registry.h"
#include "linker.h"

/* Objects of DEEPBIND modules; a handful, and a lost one costs only a tie-break. */
static const struct link_map *_Atomic deepbound[64];

void libpq_note_deepbind(const struct link_map *map)
{
	for (unsigned i = 0; i < sizeof deepbound / sizeof deepbound[0]; i++) {
		const struct link_map *expected = NULL;
		if (atomic_load(&deepbound[i]) == map || atomic_compare_exchange_strong(&deepbound[i], &expected, map))
			return;
	}
}

static bool is_deepbound(const struct link_map *map)
{
	for (unsigned i = 0; i < sizeof deepbound / sizeof deepbound[0]; i++)
		if (atomic_load(&deepbound[i]) == map)
			return true;
	return false;
}

bool libpq_is_deepbound(const void *address)
{
	struct elf_object object;
	return elf_object_at(address, &object) && is_deepbound(object.map);
}

/* What a lookup through the module's handle finds. */
static void *find_in_scope_of(const struct link_map *map, const char *name)
{
	void *handle = dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
	if (handle == NULL)
		return NULL;
	/* Whoever calls us from the module keeps it loaded.  A dlclose after the lookup would wipe out its dlerror. */
	linker_close(handle);
	return linker_find(handle, name, NULL);
}

void *libpq_in_own_scope(const void *address, const char *name)
{
	struct elf_object object;
	if (!elf_object_at(address, &object) || object.map->l_name[0] == '\0')
		return NULL;
	return find_in_scope_of(object.map, name);
}

/* The libpq in the caller's own dependencies. */
static struct libpq *libpq_in_scope_of(const struct link_map *map)
{
	return registry_definer(find_in_scope_of(map, LIBPQ_SIGN));
}

/* The libpq in the global scope behind us: what the name would have meant without the preload. */
static struct libpq *global_libpq(void)
{
	return registry_definer(linker_find(RTLD_NEXT, LIBPQ_SIGN, NULL));
}

/* What ELF would have bound the caller's reference to; no libpq when it has none. */
static struct libpq_route bound_route(const struct link_map *map)
{
	struct libpq_route route = {0};
	/*
	 * With one libpq there is no question.  And no lock: dlopen and dlsym take the linker's, which a thread may hold
	 * that runs a constructor and waits for this one.
	 */
	void *only = is_deepbound(map) ? NULL : elf_only_function(LIBPQ_SIGN);
	if (only != NULL)
		return (struct libpq_route){.libpq = registry_definer(only), .is_global = true};
	/* ELF looks in the global scope first, unless the module was opened with RTLD_DEEPBIND. */
	if (is_deepbound(map))
		route.libpq = libpq_in_scope_of(map);
	if (route.libpq == NULL) {
		route.libpq = global_libpq();
		route.is_global = route.libpq != NULL;
	}
	if (route.libpq == NULL)
		route.libpq = libpq_in_scope_of(map);
	return route;
}

/*
 * Which libpq made an object, for callers whose address does not tell.  Direct-mapped: the word holds the address
 * above the libpq's number.  Only makers other than the first are noted: the first is the answer by default.
 */
#define MAKER_ENTRIES 4096u
static _Atomic uint64_t makers[MAKER_ENTRIES];

static _Atomic uint64_t *maker_entry(const void *object)
{
	return &makers[((uintptr_t)object >> 4) * 0x9e3779b97f4a7c15u >> 52];
}

void libpq_note_maker(const struct libpq *libpq, const void *object)
{
	if (libpq == registry && registry_count() == 1)
		return;
	atomic_store_explicit(maker_entry(object), (uint64_t)(uintptr_t)object << 8 | (unsigned)(libpq - registry),
						  memory_order_relaxed);
}

/* For a caller that ELF bound to no libpq. */
static struct libpq *guess_libpq(const void *object)
{
	if (registry_count() > 1 && object != NULL) {
		uint64_t word = atomic_load_explicit(maker_entry(object), memory_order_relaxed);
		if (word >> 8 == (uint64_t)(uintptr_t)object)
			return &registry[word & (LIBPQ_MAX - 1)];
	}
	if (registry_count() > 0 && registry_is_loaded(&registry[0]))
		return &registry[0];
	return registry_definer(elf_find_function(LIBPQ_SIGN));
}

/*
 * What is known already: the routes of modules, and before them, because finding the module of an address costs more
 * than all the rest of a call, the routes of the addresses themselves.  One word an entry, so that readers need no
 * lock: a hash of the link map or the address and of the unload count, and in the lowest byte the libpq's number and
 * two flags.
 */
#define CACHE_ENTRIES 256u
#define NESTED 0x80u
#define GLOBAL 0x40u
static _Atomic uint64_t known_modules[CACHE_ENTRIES], known_callers[CACHE_ENTRIES];

static_assert(LIBPQ_MAX <= GLOBAL, "a libpq's number fits beside the flags");

struct cached {
	_Atomic uint64_t *entry;
	uint64_t key, word;
};

/* The entry for a link map or an address; its word is a route's if it has the key. */
static struct cached cache_look(_Atomic uint64_t cache[CACHE_ENTRIES], const void *what, uint32_t unloads)
{
	uint64_t hash = ((uintptr_t)what + ((uint64_t)unloads << 48 | unloads)) * 0x9e3779b97f4a7c15u;
	hash = (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9u;
	_Atomic uint64_t *entry = &cache[(hash >> 8) % CACHE_ENTRIES];
	return (struct cached){entry, hash & ~(uint64_t)0xff, atomic_load_explicit(entry, memory_order_acquire)};
}

static bool is_cached(const struct cached *cached)
{
	return (cached->word & ~(uint64_t)0xff) == cached->key;
}

static void cache_keep(struct cached *cached, uint64_t word)
{
	cached->word = cached->key | (word & 0xff);
	atomic_store_explicit(cached->entry, cached->word, memory_order_release);
}

static uint64_t word_of(struct libpq_route route)
{
	return (unsigned)(route.libpq - registry) | (route.nested ? NESTED : 0) | (route.is_global ? GLOBAL : 0);
}

static struct libpq_route route_of(uint64_t word)
{
	return (struct libpq_route){&registry[word & (LIBPQ_MAX - 1)], (word & NESTED) != 0, (word & GLOBAL) != 0};
}

struct libpq_route libpq_of_caller(const void *return_address, const void *object)
{
	uint32_t unloads = atomic_load_explicit(&libpq_unloads, memory_order_acquire);
	struct cached caller = cache_look(known_callers, return_address, unloads);
	if (is_cached(&caller))
		return route_of(caller.word);
	struct dl_find_object found;
	/* The address after a call may belong to the next object when the call never returns. */
	const char *call = (const char *)return_address - 1;
	if (_dl_find_object((void *)(uintptr_t)call, &found) != 0)
		return (struct libpq_route){.libpq = guess_libpq(object)};
	struct cached module = cache_look(known_modules, found.dlfo_link_map, unloads);
	if (!is_cached(&module)) {
		struct libpq_route route = bound_route(found.dlfo_link_map);
		if (route.libpq == NULL)
			return (struct libpq_route){.libpq = guess_libpq(object)};
		const struct elf_object user = {.map = found.dlfo_link_map, .low = (uintptr_t)found.dlfo_map_start};
		route.nested = registry_known(&user) != NULL;
		cache_keep(&module, word_of(route));
	}
	cache_keep(&caller, module.word);
	return route_of(module.word);
}
