// SPDX-License-Identifier: PostgreSQL
/* libpq-registry.c - the table of the libpqs of this process; see libpq.h. */
#include "preload/elf/apart.h"
#include "preload/libpq/libpq.h"

#include <sched.h>
#include <stddef.h>

#include "preload/elf/linker.h"
#include "preload/process/try-lock.h"

APART struct libpq registry[LIBPQ_MAX];
static _Atomic uint32_t registered;

static bool same_object(const struct elf_object *a, const struct elf_object *b)
{
	return a->map == b->map && a->low == b->low;
}

/*
 * Held for a few instructions.  A hold that a handler's longjmp has left behind is taken over in the end; what it
 * guards bears that.
 */
static try_lock registering;

static void begin_registering(void)
{
	for (int tries = 0; tries < 100000 && !try_lock_take(&registering); tries++)
		sched_yield();
}

uint32_t registry_count(void)
{
	return atomic_load_explicit(&registered, memory_order_acquire);
}

/* A libpq can be unloaded, with a plug-in or by itself; a slot whose object has gone may be used again. */
bool registry_is_loaded(const struct libpq *libpq)
{
	struct elf_object now;
	return elf_object_at((const void *)libpq->object.low, &now) && same_object(&now, &libpq->object);
}

/* Forgets what was known of the object that lay here before. */
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
 * anew.  So nothing need be pinned, and unloading has the effect it always had.  Each thread that finds an old count
 * looks anew itself, and the count is written last: who sees it sees no function from before.  Of an object that has
 * gone nothing can be learned; what calls it all the same gets what it would have got without us.
 */
static struct libpq *up_to_date(struct libpq *libpq)
{
	uint32_t unloads = atomic_load_explicit(&linker_unloads, memory_order_acquire);
	if (atomic_load_explicit(&libpq->unloads, memory_order_acquire) != unloads && registry_is_loaded(libpq)) {
		learn(libpq);
		atomic_store_explicit(&libpq->unloads, unloads, memory_order_release);
	}
	return libpq;
}

struct libpq *registry_known(const struct elf_object *object)
{
	uint32_t count = registry_count();
	for (uint32_t i = 0; i < count; i++)
		if (same_object(&registry[i].object, object))
			return up_to_date(&registry[i]);
	return NULL;
}

static struct libpq *free_slot(void)
{
	uint32_t count = registry_count();
	for (uint32_t i = 0; i < count; i++)
		if (!registry_is_loaded(&registry[i]))
			return &registry[i];
	return count < LIBPQ_MAX ? &registry[count] : NULL;
}

static struct libpq *register_libpq(const struct elf_object *object)
{
	struct libpq *libpq = registry_known(object);
	if (libpq != NULL)
		return libpq;
	begin_registering();
	libpq = registry_known(object);
	if (libpq == NULL && (libpq = free_slot()) != NULL) {
		uint32_t unloads = atomic_load(&linker_unloads);
		atomic_store(&libpq->unloads, unloads - 1); /* who finds the new object before we have learned learns too */
		libpq->object = *object;
		learn(libpq);
		atomic_store(&libpq->unloads, unloads);
		uint32_t needed = (uint32_t)(libpq - registry) + 1;
		if (registry_count() < needed)
			atomic_store_explicit(&registered, needed, memory_order_release);
	}
	try_lock_give(&registering);
	return libpq;
}

struct libpq *registry_definer(const void *function)
{
	struct elf_object object;
	if (function == NULL || !elf_object_at(function, &object) || object.map == elf_self()->map)
		return NULL;
	return register_libpq(&object);
}

struct libpq *registry_numbered(uint32_t number)
{
	return up_to_date(&registry[number]);
}
