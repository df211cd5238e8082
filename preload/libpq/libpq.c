// SPDX-License-Identifier: PostgreSQL
/* libpq.c - see libpq.h. */
#include "preload/libpq/libpq.h"

#include <dlfcn.h>
#include <stddef.h>

#include "preload/elf/linker.h"
#include "preload/process/forks.h"

void *libpq_only_sign(void)
{
	const void *hold = forks_hold();
	static struct elf_only sign = {.name = LIBPQ_SIGN, .is_taken = ATOMIC_FLAG_INIT};
	void *found = elf_only_function(&sign);
	forks_let(hold);
	return found;
}

void *libpq_find_function(struct libpq *libpq, unsigned n)
{
	void *real = atomic_load_explicit(&libpq->real[n], memory_order_acquire);
	if (real == NULL) {
		/* Not another libpq's: that could not make sense of this one's objects. */
		real = elf_own_function(libpq->object.map, libpq_function_names[n]);
		if (real == NULL)
			real = LIBPQ_ABSENT;
		atomic_store_explicit(&libpq->real[n], real, memory_order_release);
	}
	return real != LIBPQ_ABSENT ? real : NULL;
}

void *libpq_global_function(struct libpq *libpq, enum hook hook)
{
	void *real = atomic_load_explicit(&libpq->global[hook], memory_order_acquire);
	if (real == NULL) {
		real = elf_startup_function(libpq_function_names[hook]);
		if (real == NULL && libpq_only_sign() == NULL)
			real = linker_find(RTLD_NEXT, libpq_function_names[hook], NULL);
		/* It came with a module, and is there for that module alone. */
		if (real == NULL)
			real = libpq_function(libpq, hook);
		atomic_store_explicit(&libpq->global[hook], real, memory_order_release);
	}
	return real;
}
