// SPDX-License-Identifier: PostgreSQL
/*
 * function-start.c - which function of an object a native frame belongs to, whether the object exports it or not.
 *
 * Asked by the languages that must know more of the native stack than which
 * module a frame is in.  Lock-free; reads the table that unwinding searches.
 */
#include "preload/recorder/stacks/module.h"

#include <dlfcn.h>
#include <stddef.h>

uintptr_t function_start(uintptr_t address)
{
	enum { VERSION = 1, PC_RELATIVE_4 = 0x1b, UNSIGNED_4 = 0x03, TABLE_RELATIVE_4 = 0x3b };
	struct header {
		uint8_t version, frames_encoding, count_encoding, table_encoding;
		int32_t frames;
		uint32_t count;
		struct {
			int32_t start, frame;
		} entry[];
	};
	struct dl_find_object object;
	if (_dl_find_object((void *)address, &object) != 0 || object.dlfo_eh_frame == NULL)
		return 0;
	const struct header *header = object.dlfo_eh_frame;
	if (header->version != VERSION || header->frames_encoding != PC_RELATIVE_4 ||
		header->count_encoding != UNSIGNED_4 || header->table_encoding != TABLE_RELATIVE_4)
		return 0;
	uint32_t low = 0, high = header->count;
	intptr_t wanted = (intptr_t)(address - (uintptr_t)header);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (header->entry[middle].start <= wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? (uintptr_t)header + (uintptr_t)(intptr_t)header->entry[low - 1].start : 0;
}
