// SPDX-License-Identifier: PostgreSQL
/*
 * module.h - which executable or library holds an address, by path and build-id.
 *
 * Asked when a stack is first seen, because the module may be unloaded before
 * anyone reads the trace.  Reads the loaded object's own headers; takes no
 * lock and allocates nothing.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_STACKS_MODULE_H
#define PQLEAK_PRELOAD_RECORDER_STACKS_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODULE_TEXT_BYTES 4352 /* a path, a build-id in hexadecimal, two NULs */

struct module_place {
	struct {
		const void *link_map;
		uintptr_t start;
	} identity; /* until the next dlclose */
	uintptr_t load_address;
};

/* False: the address lies in no module (JIT code). */
bool module_at(uintptr_t address, struct module_place *ret);

/* Writes a BLOB_MODULE and returns its length. */
size_t module_describe(const struct module_place *place, char ret[MODULE_TEXT_BYTES]);

/* --- the function in it, whether the object exports that or not: function-start.c --- */

/* Where the function begins that holds `address`, or the part of one that the compiler has moved away; 0: unknown. */
uintptr_t function_start(uintptr_t address);

struct function_part {
	uintptr_t low, high;
};

/*
 * Where else the compiler has put parts of the function whose known part that is, at most `room` of them: what it jumps
 * into the middle of.  Such parts have no name where the object's symbols were stripped.
 */
size_t function_other_parts(struct function_part known, struct function_part *ret, size_t room);

#endif
