// SPDX-License-Identifier: PostgreSQL
/* python-wait.c - see python-wait.h. */
#include "preload/recorder/scripts/python-wait.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "preload/elf/elf-object.h"

enum {
	HANGS_SINCE = 0x030e0000, /* 3.14 */
};

static __attribute__((noreturn)) void leave(void *value)
{
	jmp_buf *way_out = script_way_out();
	if (way_out != NULL)
		_longjmp(*way_out, 1);
	pthread_exit(value);
}

static void *choose(const char *name)
{
	void (*function)(void *) = leave;
	return strcmp(name, "pthread_exit") == 0 ? (__extension__(void *) function) : NULL;
}

/* Points the interpreter's pthread_exit here, once for each place it was loaded at. */
static void prepare(const void *interpreter)
{
	static _Atomic uintptr_t prepared;
	struct elf_object object;
	if (elf_object_at(interpreter, &object) && atomic_exchange(&prepared, object.low) != object.low)
		elf_replace_slots(&object, choose);
}

bool python_wait(void *ensure, unsigned long version, struct script_walk *walk, int *ret_state)
{
	jmp_buf way_out;
	if (_setjmp(way_out) != 0) {
		script_set_way_out(walk, NULL);
		return false;
	}
	if (version < HANGS_SINCE) {
		prepare(ensure);
		script_set_way_out(walk, &way_out);
	}
	*ret_state = (__extension__(int (*)(void)) ensure)();
	script_set_way_out(walk, NULL);
	return true;
}
