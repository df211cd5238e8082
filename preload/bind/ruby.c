// SPDX-License-Identifier: PostgreSQL
/* ruby.c - see ruby.h. */
#include "preload/bind/ruby.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "preload/elf/elf-object.h"
#include "preload/process/process.h"

#define WITHOUT_LOCK "rb_thread_call_without_gvl"
#define WITHOUT_LOCK_FLAGS "rb_nogvl"

typedef void *lockless(void *);
typedef void *without_lock(lockless *work, void *argument, void (*wake)(void *), void *wakes);
typedef void *without_lock_flags(lockless *work, void *argument, void (*wake)(void *), void *wakes, int flags);

/* Ruby's own; one Ruby a process, which is written while its lock is held. */
static without_lock *real;
static without_lock_flags *real_flags;

bool ruby_is_opener(const char *name)
{
	/* Not strncmp, which a sanitizer replaces: it asks for symbols before its own can be called. */
	const char *prefix = "Init_";
	while (*prefix != '\0' && *prefix == *name)
		prefix++, name++;
	return *prefix == '\0';
}

static void meet(const void *driver, uintptr_t stack)
{
	int error = errno;
	if (process_recording())
		process_recorder->meet(process_thread(), driver, __extension__(const void *) real, stack);
	errno = error;
}

/* In the driver's slots until the recorder has met it; both end in a jump to Ruby's own. */
static void *call_without_lock(lockless *work, void *argument, void (*wake)(void *), void *wakes)
{
	meet(__builtin_return_address(0), (uintptr_t)__builtin_frame_address(0));
	return real(work, argument, wake, wakes);
}

static void *call_without_lock_flags(lockless *work, void *argument, void (*wake)(void *), void *wakes, int flags)
{
	meet(__builtin_return_address(0), (uintptr_t)__builtin_frame_address(0));
	return real_flags(work, argument, wake, wakes, flags);
}

static void *choose(const char *name)
{
	if (strcmp(name, WITHOUT_LOCK) == 0)
		return __extension__(void *) call_without_lock;
	if (strcmp(name, WITHOUT_LOCK_FLAGS) == 0)
		return __extension__(void *) call_without_lock_flags;
	return NULL;
}

void ruby_prepare(const void *opener, const void *caller)
{
	struct elf_object extension, ruby;
	if (!elf_object_at(opener, &extension) || !elf_object_at(caller, &ruby))
		return;
	without_lock *found = __extension__(without_lock *) elf_own_function(ruby.map, WITHOUT_LOCK);
	without_lock_flags *found_flags =
		__extension__(without_lock_flags *) elf_own_function(ruby.map, WITHOUT_LOCK_FLAGS);
	if (found == NULL || found_flags == NULL || (real != NULL && real != found))
		return;
	real = found;
	real_flags = found_flags;
	elf_replace_slots(&extension, choose, NULL, false);
}
