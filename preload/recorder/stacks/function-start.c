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
#include <string.h>

/* What a linker has made of an object's tables, sorted by where functions begin. */
struct header {
	uint8_t version, frames_encoding, count_encoding, table_encoding;
	int32_t frames;
	uint32_t count;
	struct entry {
		int32_t start, table; /* from the header */
	} entry[];
};

static const struct entry *find(uintptr_t address, const struct header **ret_header)
{
	enum { VERSION = 1, PC_RELATIVE_4 = 0x1b, UNSIGNED_4 = 0x03, TABLE_RELATIVE_4 = 0x3b };
	struct dl_find_object object;
	if (_dl_find_object((void *)address, &object) != 0 || object.dlfo_eh_frame == NULL)
		return NULL;
	const struct header *header = *ret_header = object.dlfo_eh_frame;
	if (header->version != VERSION || header->frames_encoding != PC_RELATIVE_4 ||
		header->count_encoding != UNSIGNED_4 || header->table_encoding != TABLE_RELATIVE_4)
		return NULL;
	uint32_t low = 0, high = header->count;
	intptr_t wanted = (intptr_t)(address - (uintptr_t)header);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (header->entry[middle].start <= wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? &header->entry[low - 1] : NULL;
}

uintptr_t function_start(uintptr_t address)
{
	const struct header *header;
	const struct entry *entry = find(address, &header);
	return entry != NULL ? (uintptr_t)header + (uintptr_t)(intptr_t)entry->start : 0;
}

/* The part of a function that holds the address; false: it is in none. */
static bool part_at(uintptr_t address, struct function_part *ret)
{
	const struct header *header;
	const struct entry *entry = find(address, &header);
	if (entry == NULL)
		return false;
	struct table {
		uint32_t length, common;
		int32_t start; /* from here */
		uint32_t bytes;
	} table;
	const char *at = (const char *)header + entry->table;
	memcpy(&table, at, sizeof table);
	ret->low = (uintptr_t)header + (uintptr_t)(intptr_t)entry->start;
	ret->high = ret->low + table.bytes;
	/* Else its addresses are of another form. */
	bool is_known = (uintptr_t)(at + offsetof(struct table, start)) + (uintptr_t)(intptr_t)table.start == ret->low;
	return is_known && address < ret->high;
}

/*
 * Finds the next conditional jump between two addresses, sets where it leads, and gives the address behind it; 0: there
 * are no more.  What looks like one may be none.
 */
#ifdef __x86_64__
static uintptr_t next_jump(uintptr_t at, uintptr_t high, uintptr_t *ret_target)
{
	enum { FIRST = 0x0f, SECOND = 0x80, SECOND_MASK = 0xf0, BYTES = 6 };
	const unsigned char *code = (const unsigned char *)at, *end = (const unsigned char *)high;
	for (; code + BYTES <= end && (code = memchr(code, FIRST, (size_t)(end - code) - BYTES + 1)) != NULL; code++) {
		int32_t distance;
		if ((code[1] & SECOND_MASK) != SECOND)
			continue;
		memcpy(&distance, code + 2, sizeof distance);
		*ret_target = (uintptr_t)code + BYTES + (uintptr_t)(intptr_t)distance;
		return (uintptr_t)code + 1;
	}
	return 0;
}
#elif defined(__aarch64__)
static uintptr_t next_jump(uintptr_t at, uintptr_t high, uintptr_t *ret_target)
{
	for (; at + sizeof(uint32_t) <= high; at += sizeof(uint32_t)) {
		uint32_t code = *(const uint32_t *)at;
		/* b.cond; cbz and cbnz */
		if ((code & 0xff000010u) != 0x54000000u && (code & 0x7e000000u) != 0x34000000u)
			continue;
		*ret_target = at + (uintptr_t)(intptr_t)((int32_t)(code << 8) >> 13) * sizeof code;
		return at + sizeof code;
	}
	return 0;
}
#else
static uintptr_t next_jump(uintptr_t at, uintptr_t high, uintptr_t *ret_target)
{
	(void)at, (void)high, (void)ret_target;
	return 0;
}
#endif

size_t function_other_parts(struct function_part known, struct function_part *ret, size_t room)
{
	enum { CANDIDATES = 16, BYTES_A_JUMP = 4096 };
	struct {
		struct function_part part;
		size_t jumps;
	} candidate[CANDIDATES];
	size_t count = 0, used = 0;
	uintptr_t target;
	for (uintptr_t at = known.low; (at = next_jump(at, known.high, &target)) != 0;) {
		struct function_part part;
		if (target - known.low < known.high - known.low || !part_at(target, &part) || part.low == target)
			continue;
		size_t i = 0;
		while (i < count && candidate[i].part.low != part.low)
			i++;
		if (i == CANDIDATES)
			continue;
		if (i == count) {
			candidate[count].part = part;
			candidate[count++].jumps = 0;
		}
		candidate[i].jumps++;
	}
	/* The more code is looked at, the more of it only looks like a jump. */
	for (size_t i = 0; i < count && used < room; i++)
		if (candidate[i].jumps > (known.high - known.low) / BYTES_A_JUMP)
			ret[used++] = candidate[i].part;
	return used;
}
