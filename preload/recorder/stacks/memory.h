// SPDX-License-Identifier: PostgreSQL
/*
 * memory.h - memory for the drain that never comes from the host's malloc.
 *
 * A program may call exit() in a signal handler that has interrupted malloc;
 * the drain at its end must neither wait for malloc's lock nor find its heap
 * half changed.  Blocks come in powers of two from mapped chunks and go back
 * to free lists; large ones are mapped by themselves.  Used by one thread at a
 * time: whoever drains.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_STACKS_MEMORY_H
#define PQLEAK_PRELOAD_RECORDER_STACKS_MEMORY_H

#include <stddef.h>
#include <sys/mman.h>

/* Fresh pages, or NULL; they are given back by munmap. */
static inline void *memory_map(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

/* NULL when the system has none. Aligned to 16. */
void *memory_take(size_t bytes);
void memory_give(void *block);

/* How many bytes the block has room for. */
size_t memory_size(const void *block);

#endif
