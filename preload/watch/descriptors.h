// SPDX-License-Identifier: PostgreSQL
/*
 * descriptors.h - a set of descriptors that is asked at every call that reads or writes.
 *
 * Whoever has one owns what it means.  Threads and signal handlers may use it
 * at any time; for most, which have none in it, asking is a load.
 */
#ifndef PQLEAK_PRELOAD_WATCH_DESCRIPTORS_H
#define PQLEAK_PRELOAD_WATCH_DESCRIPTORS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "preload/elf/visibility.h"
#include "preload/watch/behind.h"

#define MOST_DESCRIPTORS (1 << 20)

struct descriptors {
	_Atomic int count;
	_Atomic uint64_t bits[MOST_DESCRIPTORS / 64]; /* only the pages in use take memory */
};

static inline bool descriptors_has(struct descriptors *set, int fd)
{
	return __builtin_expect(atomic_load_explicit(&set->count, memory_order_relaxed) != 0, 0) && fd >= 0 &&
		   fd < MOST_DESCRIPTORS &&
		   (atomic_load_explicit(&set->bits[fd / 64], memory_order_relaxed) >> fd % 64 & 1) != 0;
}

static inline void descriptors_put(struct descriptors *set, int fd, bool wanted)
{
	if (fd < 0 || fd >= MOST_DESCRIPTORS)
		return;
	uint64_t bit = (uint64_t)1 << fd % 64;
	uint64_t before = wanted ? atomic_fetch_or(&set->bits[fd / 64], bit) : atomic_fetch_and(&set->bits[fd / 64], ~bit);
	if (((before & bit) != 0) != wanted)
		atomic_fetch_add(&set->count, wanted ? 1 : -1);
}

/*
 * A call of libc's with a descriptor, defined: it goes on as if we were not there, unless the descriptor is in `set`.
 * Then `looking` follows a call that moved bytes: `count` of them, for `caller`.
 */
#define DESCRIPTORS_CALL(set, name, parameters, arguments, looking)                                                    \
	static __typeof__(&name) _Atomic name##_behind;                                                                    \
	__attribute__((noinline)) static ssize_t name##_looking(const void *caller, DESCRIPTORS_LIST parameters)           \
	{                                                                                                                  \
		__typeof__(&name) real = BEHIND(name);                                                                         \
		(void)caller;                                                                                                  \
		atomic_store_explicit(&name##_behind, real, memory_order_relaxed);                                             \
		if (!descriptors_has(&set, fd))                                                                                \
			return real arguments;                                                                                     \
		ssize_t count = real arguments;                                                                                \
		if (count > 0)                                                                                                 \
			looking;                                                                                                   \
		return count;                                                                                                  \
	}                                                                                                                  \
	EXPORT ssize_t name parameters                                                                                     \
	{                                                                                                                  \
		__typeof__(&name) real = atomic_load_explicit(&name##_behind, memory_order_relaxed);                           \
		if (__builtin_expect(real != NULL && atomic_load_explicit(&set.count, memory_order_relaxed) == 0, 1))          \
			return real arguments;                                                                                     \
		return name##_looking(__builtin_return_address(0), DESCRIPTORS_LIST arguments);                                \
	}
#define DESCRIPTORS_LIST(...) __VA_ARGS__

#endif
