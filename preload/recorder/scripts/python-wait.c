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

/* Points the interpreter's pthread_exit here, once. */
static void prepare(const struct script_interpreter *interpreter)
{
	static _Atomic uint32_t prepared; /* its identity */
	struct elf_object object;
	if (atomic_exchange(&prepared, interpreter->identity) != interpreter->identity &&
		elf_object_at((const void *)interpreter->low, &object))
		elf_replace_slots(&object, choose, NULL, false);
}

bool python_wait(const struct script_interpreter *interpreter, void *ensure, unsigned long version,
				 struct script_walk *walk, int *ret_state)
{
	jmp_buf way_out;
	if (_setjmp(way_out) != 0) {
		script_set_way_out(walk, NULL);
		return false;
	}
	if (version < HANGS_SINCE) {
		prepare(interpreter);
		script_set_way_out(walk, &way_out);
	}
	*ret_state = (__extension__(int (*)(void)) ensure)();
	script_set_way_out(walk, NULL);
	return true;
}
