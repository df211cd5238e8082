// SPDX-License-Identifier: PostgreSQL
/* thunk.c - see thunk.h. */
#include "preload/calls/thunk.h"

#include <stddef.h>

#include "preload/elf/visibility.h"
#include "preload/libpq/libpq.h"

#define THUNK_BYTES 32
extern const char pqleak_thunks[] HIDDEN;

__thread uint32_t pqleak_hint;

void *thunk_of(void *real, enum hook hook)
{
	struct libpq *libpq = registry_definer(real);
	if (libpq == NULL)
		return real;
	atomic_store_explicit(&libpq->real[hook], real, memory_order_release);
	size_t number = (size_t)(libpq - registry) * HOOK_COUNT + hook;
	return (void *)(uintptr_t)(pqleak_thunks + number * THUNK_BYTES);
}
