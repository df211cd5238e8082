// SPDX-License-Identifier: PostgreSQL
/* hash.h - a number for a text that is compared, or must not be stored: FNV-1a. */
#ifndef PQLEAK_PRELOAD_PROCESS_HASH_H
#define PQLEAK_PRELOAD_PROCESS_HASH_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t hash_text(const char *text, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
	return hash;
}

#endif
