// SPDX-License-Identifier: PostgreSQL
/* libpq-route.c - see libpq-route.h. */
#include "preload/libpq/libpq-route.h"

#include <dlfcn.h>
#include <stddef.h>

#include "preload/elf/apart.h"
#include "preload/elf/linker.h"
#include "preload/libpq/libpq-cache.h"
#include "preload/libpq/libpq.h"
#include "preload/process/forks.h"

/* Objects of DEEPBIND modules; a handful, and a lost one costs only a tie-break. */
static const struct link_map *_Atomic deepbound[64];

void route_note_deepbind(const struct link_map *map)
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

bool route_is_deepbound(const void *address)
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

void *route_in_own_scope(const void *address, const char *name)
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

/*
 * Whether the module itself names a function that we wrap, and so was bound to it.  Any other was handed the address,
 * perhaps one libpq's now and another's later.
 */
static bool names_libpq(const struct link_map *map)
{
	struct elf_tables tables;
	if (!elf_read_tables(map, &tables))
		return false;
	uint32_t end = elf_undefined_end(&tables);
	for (uint32_t i = 1; i < end; i++)
		if (tables.symbols[i].st_shndx == SHN_UNDEF &&
			hook_by_name(tables.strings + tables.symbols[i].st_name) != HOOK_COUNT)
			return true;
	return false;
}

/* What ELF would have bound the caller's reference to; no libpq when it has none. */
static struct route bound_route(const struct link_map *map)
{
	struct route route = {0};
	/*
	 * With one libpq there is no question.  And no lock: dlopen and dlsym take the linker's, which a thread may hold
	 * that runs a constructor and waits for this one.
	 */
	void *only = is_deepbound(map) ? NULL : libpq_only_sign();
	if (only != NULL)
		return (struct route){.libpq = registry_definer(only), .is_global = true};
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
APART static _Atomic uint64_t makers[MAKER_ENTRIES];

static _Atomic uint64_t *maker_entry(const void *object)
{
	return &makers[((uintptr_t)object >> 4) * 0x9e3779b97f4a7c15u >> 52];
}

void route_note_maker_of_several(const struct libpq *libpq, const void *object)
{
	atomic_store_explicit(maker_entry(object), (uint64_t)(uintptr_t)object << 8 | (unsigned)(libpq - registry),
						  memory_order_relaxed);
}

/* The libpq that made it, where there are several and that was noted. */
static struct libpq *maker_of(const void *object)
{
	if (registry_count() < 2 || object == NULL)
		return NULL;
	uint64_t word = atomic_load_explicit(maker_entry(object), memory_order_relaxed);
	return word >> 8 == (uint64_t)(uintptr_t)object ? &registry[word & (LIBPQ_MAX - 1)] : NULL;
}

/* For a caller that ELF bound to no libpq. */
static struct libpq *guess_libpq(const void *object)
{
	struct libpq *maker = maker_of(object);
	if (maker != NULL)
		return maker;
	if (registry_count() > 0 && registry_is_loaded(&registry[0]))
		return &registry[0];
	const void *hold = forks_hold();
	void *found = elf_find_function(LIBPQ_SIGN);
	forks_let(hold);
	return registry_definer(found);
}

/* --- what is known already --- */

/* By link map. */
static _Atomic uint64_t few_modules[CACHE_FEW];
APART static _Atomic uint64_t many_modules[CACHE_ENTRIES];
_Atomic uint64_t cache_few_callers[CACHE_FEW];
APART _Atomic uint64_t cache_many_callers[CACHE_ENTRIES];

struct near_route near_passing, near_host;
static _Atomic bool near_writing;

/* The module's route; the first one that is met stays. */
static void near_keep(const struct dl_find_object *module, struct route route, uint32_t unloads)
{
	struct near_route *near = route.passes ? &near_passing : &near_host;
	if ((route.nested && !route.passes) || route.by_address || near->unloads == (uint64_t)unloads + 1 ||
		atomic_exchange(&near_writing, true))
		return;
	atomic_store_explicit(&near->unloads, 0, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&near->first, (uintptr_t)module->dlfo_map_start + 1, memory_order_relaxed);
	atomic_store_explicit(&near->size, (size_t)((char *)module->dlfo_map_end - (char *)module->dlfo_map_start),
						  memory_order_relaxed);
	atomic_store_explicit(&near->libpq, route.libpq, memory_order_relaxed);
	atomic_store_explicit(&near->functions, route.is_global ? route.libpq->global : route.libpq->real,
						  memory_order_relaxed);
	atomic_store_explicit(&near->unloads, (uint64_t)unloads + 1, memory_order_release);
	atomic_store(&near_writing, false);
}

static void cache_keep(struct cached *cached, struct route route)
{
	unsigned byte = (unsigned)(route.libpq - registry) | (route.nested ? ROUTE_IS_NESTED : 0) |
					(route.is_global ? ROUTE_IS_GLOBAL : 0) | (route.passes ? ROUTE_PASSES : 0) |
					(route.by_address ? ROUTE_BY_ADDRESS : 0);
	cached->word = cached->key | byte;
	atomic_store_explicit(cached->entry, cached->word, memory_order_release);
}

struct route route_of_caller(const void *return_address, const void *object)
{
	/* Looked up first: what is found below was there with the unloads of now, at least. */
	uint32_t unloads = atomic_load_explicit(&linker_unloads, memory_order_acquire);
	struct cached caller = cache_look(CACHE_CALLERS, return_address);
	struct dl_find_object found;
	/* The address after a call may belong to the next object when the call never returns. */
	const char *call = (const char *)return_address - 1;
	if (_dl_find_object((void *)(uintptr_t)call, &found) != 0)
		return (struct route){.libpq = guess_libpq(object)};
	/* A function of libpq that we called ends in a jump to another one (PQcancelFinish in PQfinish, since 17). */
	if (found.dlfo_link_map == elf_self()->map)
		return (struct route){.libpq = guess_libpq(object), .nested = true, .passes = true};
	struct cached module = cache_look((struct cache){few_modules, many_modules}, found.dlfo_link_map);
	struct route route = cache_route(module.word);
	if (!cache_has(&module)) {
		route = bound_route(found.dlfo_link_map);
		if (route.libpq == NULL)
			return (struct route){.libpq = guess_libpq(object)};
		const struct elf_object user = {.map = found.dlfo_link_map, .low = (uintptr_t)found.dlfo_map_start};
		route.nested = registry_known(&user) != NULL;
		route.passes = route.nested && !route.libpq->is_user_too;
		route.by_address = !route.nested && !names_libpq(found.dlfo_link_map);
		cache_keep(&module, route);
	}
	cache_keep(&caller, route);
	near_keep(&found, route, unloads);
	struct libpq *maker = route.by_address ? maker_of(object) : NULL;
	return maker != NULL && maker != route.libpq ? (struct route){.libpq = maker, .by_address = true} : route;
}
