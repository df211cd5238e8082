// SPDX-License-Identifier: PostgreSQL
/* test-memory.c - the drain's own memory. */
#include "mapped.h"
#include "preload/recorder/stacks/memory.h"

enum { LARGE = 65536 }; /* about here blocks become mappings of their own */

static const size_t sizes[] = {0,    1,     15,    16,    17,    31,    32,        48,    49,        1000,  4080,
							   4081, 32752, 32753, 40000, 65519, 65520, LARGE - 1, LARGE, LARGE + 1, 70000, 1 << 20};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void sizes_and_alignment(void **state)
{
	(void)state;
	assert_int_equal(memory_size(NULL), 0);
	memory_give(NULL);
	for (size_t i = 0; i < SIZES; i++) {
		void *block = memory_take(sizes[i]);
		assert_non_null(block);
		assert_int_equal((uintptr_t)block % 16, 0);
		assert_true(memory_size(block) >= sizes[i]);
		memset(block, 0xff, memory_size(block));
		memory_give(block);
	}
}

/* Many blocks at once, taken and given in no order: each keeps what was written into it. */
static void blocks_do_not_overlap(void **state)
{
	(void)state;
	enum { BLOCKS = 400, STEPS = 40000 };
	static unsigned char *blocks[BLOCKS];
	static size_t lengths[BLOCKS];
	srand(1);
	for (int step = 0; step < STEPS; step++) {
		int b = rand() % BLOCKS;
		if (blocks[b] == NULL) {
			size_t size = rand() % 8 == 0 ? sizes[rand() % SIZES] : (size_t)(rand() % 600);
			blocks[b] = memory_take(size);
			assert_non_null(blocks[b]);
			lengths[b] = memory_size(blocks[b]);
			memset(blocks[b], b % 251, lengths[b]);
			continue;
		}
		assert_int_equal(memory_size(blocks[b]), lengths[b]);
		for (size_t i = 0; i<lengths[b]; i += lengths[b]> 4096 ? 997 : 1)
			assert_int_equal(blocks[b][i], b % 251);
		memory_give(blocks[b]);
		blocks[b] = NULL;
	}
	for (int b = 0; b < BLOCKS; b++) {
		memory_give(blocks[b]);
		blocks[b] = NULL;
	}
}

static void small_ones_are_used_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++)
		memory_give(memory_take(sizes[i]));
	size_t before = mapped_bytes;
	for (int round = 0; round < 10000; round++) {
		void *blocks[SIZES];
		for (size_t i = 0; i < SIZES; i++)
			if (sizes[i] < LARGE / 2)
				blocks[i] = memory_take(sizes[i]);
		for (size_t i = 0; i < SIZES; i++)
			if (sizes[i] < LARGE / 2)
				memory_give(blocks[i]);
		if (round == 0)
			before = mapped_bytes;
	}
	assert_int_equal(mapped_bytes, before);
}

static void large_ones_go_back(void **state)
{
	(void)state;
	size_t before = mapped_bytes;
	void *block = memory_take(10 << 20);
	assert_non_null(block);
	assert_true(mapped_bytes >= before + (10 << 20));
	assert_true(mapped_bytes < before + (11 << 20));
	memory_give(block);
	assert_int_equal(mapped_bytes, before);
}

static void none_left(void **state)
{
	(void)state;
	mapped_is_refused = true;
	assert_null(memory_take(10 << 20));
	int taken = 0;
	while (taken < 100000 && memory_take(4000) != NULL)
		taken++;
	assert_true(taken < 100000);
	mapped_is_refused = false;
	void *block = memory_take(4000), *large = memory_take(10 << 20);
	assert_non_null(block);
	assert_non_null(large);
	memory_give(block);
	memory_give(large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(sizes_and_alignment), cmocka_unit_test(blocks_do_not_overlap),
									   cmocka_unit_test(small_ones_are_used_again),
									   cmocka_unit_test(large_ones_go_back), cmocka_unit_test(none_left)};
	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
