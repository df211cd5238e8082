// SPDX-License-Identifier: PostgreSQL
/* memory.c - see memory.h. */
#include "preload/recorder/stacks/memory.h"

enum {
	SMALLEST_SHIFT = 5, /* 32 bytes, the header included */
	LARGEST_SHIFT = 16, /* larger blocks are mappings of their own */
	CHUNK_BYTES = 256 * 1024,
};

/* Before each block. The size is a power of two, or a mapping's length. */
struct header {
	size_t bytes;        /* the header included */
	struct header *next; /* when it is free */
};
_Static_assert(sizeof(struct header) == 16, "blocks stay aligned");

static struct header *free_blocks[LARGEST_SHIFT + 1];
static char *chunk;
static size_t chunk_left;

static struct header *take_large(size_t bytes)
{
	size_t length = (bytes + 4095) & ~(size_t)4095;
	struct header *block = memory_map(length);
	if (block != NULL)
		block->bytes = length;
	return block;
}

static struct header *take_small(unsigned shift)
{
	size_t bytes = (size_t)1 << shift;
	struct header *block = free_blocks[shift];
	if (block != NULL) {
		free_blocks[shift] = block->next;
		return block;
	}
	if (chunk_left < bytes) {
		/* What is left of the old chunk is given up: less than one large block. */
		chunk = memory_map(CHUNK_BYTES);
		chunk_left = chunk != NULL ? CHUNK_BYTES : 0;
		if (chunk == NULL)
			return NULL;
	}
	block = (struct header *)(void *)chunk;
	block->bytes = bytes;
	chunk += bytes;
	chunk_left -= bytes;
	return block;
}

void *memory_take(size_t bytes)
{
	bytes += sizeof(struct header);
	unsigned shift = SMALLEST_SHIFT;
	while (shift <= LARGEST_SHIFT && ((size_t)1 << shift) < bytes)
		shift++;
	struct header *block = shift > LARGEST_SHIFT ? take_large(bytes) : take_small(shift);
	return block != NULL ? block + 1 : NULL;
}

void memory_give(void *memory)
{
	if (memory == NULL)
		return;
	struct header *block = (struct header *)memory - 1;
	if (block->bytes > (size_t)1 << LARGEST_SHIFT) {
		munmap(block, block->bytes);
		return;
	}
	unsigned shift = (unsigned)__builtin_ctzl(block->bytes);
	block->next = free_blocks[shift];
	free_blocks[shift] = block;
}

size_t memory_size(const void *memory)
{
	return memory != NULL ? ((const struct header *)memory - 1)->bytes - sizeof(struct header) : 0;
}
