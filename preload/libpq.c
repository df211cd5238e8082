// SPDX-License-Identifier: PostgreSQL
/* libpq.c - see libpq.h. */
#include "libpq.h"

#include <assert.h>
#include <dlfcn.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "linker.h"

_Atomic uint32_t libpq_unloads;

static struct libpq libpqs[LIBPQ_MAX];
static _Atomic uint32_t libpq_count;

/* --- the registry --- */

static bool same_object(const struct elf_object *a, const struct elf_object *b)
{
	return a->map == b->map && a->low == b->low;
}

/*
 * Held for a few instructions, by the process that it names: a forked child may find it held by a thread it has not
 * got.  A hold that a handler's longjmp has left behind is taken over in the end; what it guards bears that.
 */
static _Atomic pid_t registrar;

static void begin_registering(void)
{
	pid_t own = getpid();
	for (int tries = 0; tries < 100000; tries++) {
		pid_t holder = 0;
		if (atomic_compare_exchange_strong(&registrar, &holder, own) ||
		    (holder != own && atomic_compare_exchange_strong(&registrar, &holder, own)))
			return;
		sched_yield();
	}
}

static void end_registering(void)
{
	atomic_store_explicit(&registrar, 0, memory_order_release);
}

/* A libpq can be unloaded, with a plug-in or by itself; a slot whose object has gone may be used again. */
static bool still_loaded(const struct libpq *libpq)
{
	struct elf_object now;
	return elf_object_at((const void *)libpq->object.low, &now) && same_object(&now, &libpq->object);
}

static void learn(struct libpq *libpq)
{
	for (int n = 0; n < FUNCTION_COUNT; n++)
		atomic_store_explicit(&libpq->real[n], NULL, memory_order_relaxed);
	for (int h = 0; h < HOOK_COUNT; h++)
		atomic_store_explicit(&libpq->global[h], NULL, memory_order_relaxed);
	libpq->is_user_too = elf_foreign_exports(libpq->object.map) > 0;
}

/*
 * After a dlclose another object may lie where this one lay, under the same link map: its functions are looked up
 * anew.  So nothing need be pinned, and unloading has the effect it always had.
 */
static struct libpq *up_to_date(struct libpq *libpq)
{
	uint32_t unloads = atomic_load_explicit(&libpq_unloads, memory_order_acquire);
	if (atomic_exchange_explicit(&libpq->unloads, unloads, memory_order_acq_rel) != unloads && still_loaded(libpq))
		learn(libpq);
	return libpq;
}

static struct libpq *known_libpq(const struct elf_object *object)
{
	uint32_t count = atomic_load_explicit(&libpq_count, memory_order_acquire);
	for (uint32_t i = 0; i < count; i++)
		if (same_object(&libpqs[i].object, object))
			return up_to_date(&libpqs[i]);
	return NULL;
}

static struct libpq *free_slot(void)
{
	uint32_t count = atomic_load_explicit(&libpq_count, memory_order_relaxed);
	for (uint32_t i = 0; i < count; i++)
		if (!still_loaded(&libpqs[i]))
			return &libpqs[i];
	return count < LIBPQ_MAX ? &libpqs[count] : NULL;
}

static struct libpq *register_libpq(const struct elf_object *object)
{
	struct libpq *libpq = known_libpq(object);
	if (libpq != NULL)
		return libpq;
	begin_registering();
	libpq = known_libpq(object);
	if (libpq == NULL && (libpq = free_slot()) != NULL) {
		libpq->object = *object;
		atomic_store(&libpq->unloads, atomic_load(&libpq_unloads));
		learn(libpq);
		uint32_t needed = (uint32_t)(libpq - libpqs) + 1;
		if (atomic_load_explicit(&libpq_count, memory_order_relaxed) < needed)
			atomic_store_explicit(&libpq_count, needed, memory_order_release);
	}
	end_registering();
	return libpq;
}

static struct libpq *libpq_that_defines(const void *function)
{
	struct elf_object object;
	if (function == NULL || !elf_object_at(function, &object) || object.map == elf_self()->map)
		return NULL;
	return register_libpq(&object);
}

/* --- which one a caller would have reached --- */

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
	return libpq_that_defines(find_in_scope_of(map, LIBPQ_SIGN));
}

/* The libpq in the global scope behind us: what the name would have meant without the preload. */
static struct libpq *global_libpq(void)
{
	return libpq_that_defines(linker_find(RTLD_NEXT, LIBPQ_SIGN, NULL));
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
		return (struct libpq_route){.libpq = libpq_that_defines(only), .is_global = true};
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
	if (libpq == libpqs && atomic_load_explicit(&libpq_count, memory_order_relaxed) == 1)
		return;
	atomic_store_explicit(maker_entry(object), (uint64_t)(uintptr_t)object << 8 | (unsigned)(libpq - libpqs),
	                      memory_order_relaxed);
}

/* For a caller that ELF bound to no libpq. */
static struct libpq *guess_libpq(const void *object)
{
	if (atomic_load(&libpq_count) > 1 && object != NULL) {
		uint64_t word = atomic_load_explicit(maker_entry(object), memory_order_relaxed);
		if (word >> 8 == (uint64_t)(uintptr_t)object)
			return &libpqs[word & (LIBPQ_MAX - 1)];
	}
	if (atomic_load(&libpq_count) > 0 && still_loaded(&libpqs[0]))
		return &libpqs[0];
	return libpq_that_defines(elf_find_function(LIBPQ_SIGN));
}

/*
 * Callers already resolved: one word an entry, so that readers need no lock: a hash of the link map and the unload
 * count, and in the lowest byte the libpq's number and two flags.
 */
#define CACHE_ENTRIES 256u
#define NESTED 0x80u
#define GLOBAL 0x40u
static _Atomic uint64_t cache[CACHE_ENTRIES];

static uint64_t cache_key(const struct link_map *map, uint32_t unloads)
{
	uint64_t hash = ((uintptr_t)map + ((uint64_t)unloads << 48 | unloads)) * 0x9e3779b97f4a7c15u;
	return (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9u & ~(uint64_t)0xff;
}

static_assert(LIBPQ_MAX <= GLOBAL, "a libpq's number fits beside the flags");

struct libpq_route libpq_of_caller(const void *return_address, const void *object)
{
	struct dl_find_object found;
	/* The address after a call may belong to the next object when the call never returns. */
	const char *call = (const char *)return_address - 1;
	if (_dl_find_object((void *)(uintptr_t)call, &found) != 0)
		return (struct libpq_route){.libpq = guess_libpq(object)};
	const struct link_map *map = found.dlfo_link_map;
	uint64_t key = cache_key(map, atomic_load_explicit(&libpq_unloads, memory_order_acquire));
	_Atomic uint64_t *entry = &cache[((uintptr_t)map >> 6) % CACHE_ENTRIES];
	uint64_t word = atomic_load_explicit(entry, memory_order_acquire);
	if ((word & ~(uint64_t)0xff) == key)
		return (struct libpq_route){&libpqs[word & (LIBPQ_MAX - 1)], (word & NESTED) != 0, (word & GLOBAL) != 0};
	struct libpq_route route = bound_route(map);
	if (route.libpq == NULL)
		return (struct libpq_route){.libpq = guess_libpq(object)};
	route.nested = known_libpq(&(struct elf_object){.map = map, .low = (uintptr_t)found.dlfo_map_start}) != NULL;
	atomic_store_explicit(entry,
	                      key | (unsigned)(route.libpq - libpqs) | (route.nested ? NESTED : 0) |
	                          (route.is_global ? GLOBAL : 0),
	                      memory_order_release);
	return route;
}

struct libpq *libpq_of_hint(uint32_t hint)
{
	return up_to_date(&libpqs[hint - 1]);
}

/* --- its functions --- */

void *libpq_function(struct libpq *libpq, unsigned n)
{
	void *real = atomic_load_explicit(&libpq->real[n], memory_order_acquire);
	if (real == NULL) {
		/* Not another libpq's: that could not make sense of this one's objects. */
		real = elf_own_function(libpq->object.map, libpq_function_names[n]);
		atomic_store_explicit(&libpq->real[n], real, memory_order_release);
	}
	return real;
}

void *libpq_global_function(struct libpq *libpq, enum hook hook)
{
	void *real = atomic_load_explicit(&libpq->global[hook], memory_order_acquire);
	if (real == NULL) {
		real = elf_startup_function(libpq_function_names[hook]);
		if (real == NULL && elf_only_function(LIBPQ_SIGN) == NULL)
			real = linker_find(RTLD_NEXT, libpq_function_names[hook], NULL);
		if (real == NULL)
			return libpq_function(libpq, hook);
		atomic_store_explicit(&libpq->global[hook], real, memory_order_release);
	}
	return real;
}

/* One small piece of assembly for each hook of each libpq: thunk-*.S. */
#define THUNK_BYTES 32
extern const char pqleak_thunks[] __attribute__((visibility("hidden")));

void *libpq_thunk(void *real, enum hook hook)
{
	struct libpq *libpq = libpq_that_defines(real);
	if (libpq == NULL)
		return real;
	atomic_store_explicit(&libpq->real[hook], real, memory_order_release);
	size_t number = (size_t)(libpq - libpqs) * HOOK_COUNT + hook;
	return (void *)(uintptr_t)(pqleak_thunks + number * THUNK_BYTES);
}
