// SPDX-License-Identifier: PostgreSQL
/*
 * libpq-registry.h - the libpqs of this process.
 *
 * There may be several: the system's, one bundled in a wheel, one linked
 * statically into a plug-in.  Owns their table.  Reading takes no lock; an
 * entry's place, once it has one, is its number for as long as it is loaded.
 */
#ifndef PQLEAK_PRELOAD_LIBPQ_LIBPQ_REGISTRY_H
#define PQLEAK_PRELOAD_LIBPQ_LIBPQ_REGISTRY_H

#include "preload/libpq/libpq.h"

extern struct libpq registry[LIBPQ_MAX];

/* How many entries there are, unloaded ones included. */
uint32_t registry_count(void);

/* The entry of that object, or NULL. */
struct libpq *registry_known(const struct elf_object *object);

/* The entry of the object that holds the function; made when there is none. NULL: no object, or no room. */
struct libpq *registry_definer(const void *function);

/* The entry at that place. */
struct libpq *registry_numbered(uint32_t number);

bool registry_is_loaded(const struct libpq *libpq);

#endif
