// SPDX-License-Identifier: PostgreSQL
/* test-python-chain.c - reading Python's frames where they lie, also where they lie no longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "preload/recorder/scripts/python-chain.h"

enum { FRAMES = 200, WORDS = 12 }; /* of a frame */

/* A stack of frames as 3.12 has it, on pages of their own: each one's caller lies below it. */
static uintptr_t (*frames)[WORDS];
static size_t frames_bytes;
static uintptr_t thread[10], indirect[1], sum;

static void make_frames(void)
{
	frames_bytes = (FRAMES * sizeof *frames + 4095) & ~(size_t)4095;
	frames = mmap(NULL, frames_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(frames, MAP_FAILED);
	for (size_t i = 0; i < FRAMES; i++) {
		frames[i][1] = i > 0 ? (uintptr_t)frames[i - 1] : 0;
		frames[i][7] = 1000 + i;
	}
	indirect[0] = (uintptr_t)frames[FRAMES - 1];
	thread[7] = (uintptr_t)indirect;
}

static void reads_frames(void **state)
{
	(void)state;
	struct python_layout layout;
	uintptr_t words[FRAMES + 1];
	make_frames();
	assert_true(python_layout(0x030c01f0, NULL, &layout));
	for (int is_safe = 0; is_safe < 2; is_safe++) {
		memset(words, 0, sizeof words);
		assert_int_equal(python_chain_read(&layout, thread, is_safe, words, FRAMES + 1, &sum), FRAMES);
		for (size_t i = 0; i < FRAMES; i++)
			assert_int_equal(words[i], 1000 + FRAMES - 1 - i);
		assert_int_equal(sum, FRAMES * (2 * 1000 + FRAMES - 1) / 2);
		assert_int_equal(python_chain_read(&layout, thread, is_safe, words, 10, &sum), 10);
	}
	munmap(frames, frames_bytes);
}

static void bears_what_has_gone(void **state)
{
	(void)state;
	struct python_layout layout;
	uintptr_t words[FRAMES];
	make_frames();
	assert_true(python_layout(0x030c01f0, NULL, &layout));
	munmap(frames, 4096); /* the outermost frames */
	assert_int_equal(python_chain_read(&layout, thread, false, words, FRAMES, &sum), 0);
	munmap(frames, frames_bytes);
	assert_int_equal(python_chain_read(&layout, thread, false, words, FRAMES, &sum), 0);
	assert_int_equal(python_chain_read(&layout, (void *)(uintptr_t)8, false, words, FRAMES, &sum), 0);
}

/* Until 3.10 a place is a code object and a number, and frames lie anywhere. */
static void numbers_places(void **state)
{
	(void)state;
	struct python_layout layout;
	struct {
		uintptr_t head[3], back, code, rest[7];
		int32_t number;
	} outer = {.code = 0x7f0000001000, .number = 7},
	  inner = {.back = (uintptr_t)&outer, .code = 0x7f0000002000, .number = 8};
	uintptr_t state_of_thread[4] = {0, 0, 0, (uintptr_t)&inner}, words[3];
	assert_true(python_layout(0x030a0000, NULL, &layout));
	for (int is_safe = 0; is_safe < 2; is_safe++) {
		assert_int_equal(python_chain_read(&layout, state_of_thread, is_safe, words, 3, &sum), 2);
		assert_true(python_chain_is_of(&layout, words[0], (void *)inner.code, -1));
		assert_false(python_chain_is_of(&layout, words[0], (void *)outer.code, -1));
		uintptr_t before = words[0];
		inner.number++;
		assert_int_equal(python_chain_read(&layout, state_of_thread, is_safe, words, 3, &sum), 2);
		assert_true(words[0] != before);
	}
	/* What does not tell two places apart is none. */
	inner.number = -1;
	assert_int_equal(python_chain_read(&layout, state_of_thread, true, words, 3, &sum), 0);
	inner.number = 1 << 16;
	assert_int_equal(python_chain_read(&layout, state_of_thread, true, words, 3, &sum), 0);
}

static void knows_layouts(void **state)
{
	(void)state;
	struct python_layout layout;
	uint64_t published[48] = {[1] = 0x030d00f0, [20] = 0, [21] = 8, [23] = 72, [29] = 8, [30] = 0, [31] = 56};
	memcpy(published, "xdebugpy", 8);
	assert_false(python_layout(0x03080000, NULL, &layout));
	assert_false(python_layout(0x030f0000, published, &layout));
	assert_false(python_layout(0x030d00f0, NULL, &layout));
	assert_true(python_layout(0x030d00f0, published, &layout));
	assert_int_equal(layout.frame, 72);
	assert_int_equal(layout.place, 56);
	published[2] = 1; /* free-threaded */
	assert_false(python_layout(0x030d00f0, published, &layout));
	published[2] = 0;
	published[29] = 16;
	assert_false(python_layout(0x030d00f0, published, &layout));
	published[29] = 8;
	published[0]++;
	assert_false(python_layout(0x030d00f0, published, &layout));
}

static void tells_an_instruction(void **state)
{
	(void)state;
	struct python_layout layout;
	assert_true(python_layout(0x030b0000, NULL, &layout));
	const void *code = (const void *)(uintptr_t)0x1000;
	assert_true(python_chain_is_of(&layout, 0x1000 + 192 + 40, code, 40));
	assert_false(python_chain_is_of(&layout, 0x1000 + 192 + 40, code, -1));
	assert_false(python_chain_is_of(&layout, 0x1000 + 40, code, 40));
	assert_false(python_chain_is_of(&layout, 0x9000, code, 40));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_frames),  cmocka_unit_test(bears_what_has_gone),  cmocka_unit_test(numbers_places),
		cmocka_unit_test(knows_layouts), cmocka_unit_test(tells_an_instruction),
	};
	return cmocka_run_group_tests_name("python-chain", tests, NULL, NULL);
}
