// SPDX-License-Identifier: PostgreSQL
/*
 * behind.h - the functions that ours stand in front of: another interposer's, or libc's.
 *
 * Each is looked for when it is first needed: the constructors of other
 * libraries, and a sanitizer's start, come before ours.  Not by dlsym, which
 * is ours too.
 */
#ifndef PQLEAK_PRELOAD_WATCH_BEHIND_H
#define PQLEAK_PRELOAD_WATCH_BEHIND_H

#include <stdatomic.h>
#include <stddef.h>

#include "preload/elf/elf-object.h"

/* The function of that name behind this library, as a pointer of its type; `find` is elf_next_function or its like. */
#define BEHIND(name) BEHIND_BY(elf_next_function, name)
#define BEHIND_BY(find, name)                                                                                          \
	__extension__({                                                                                                    \
		static __typeof__(&name) _Atomic found;                                                                        \
		__typeof__(&name) known = atomic_load_explicit(&found, memory_order_relaxed);                                  \
		if (__builtin_expect(known == NULL, 0)) {                                                                      \
			known = (__typeof__(&name))find(#name);                                                                    \
			atomic_store_explicit(&found, known, memory_order_relaxed);                                                \
		}                                                                                                              \
		known;                                                                                                         \
	})

#endif
