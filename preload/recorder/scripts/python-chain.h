// SPDX-License-Identifier: PostgreSQL
/*
 * python-chain.h - the calling thread's frames of Python, read where they lie, without the GIL.
 *
 * Nobody but the thread itself changes its frames, and it is in a call of C
 * here.  The word of a frame is the address of its instruction (until 3.10 its
 * code object and the instruction's number), which means the same as long as
 * the code object lives.  So each code object whose name was taken is watched:
 * CPython tells who asked for it (PEP 523) when one is freed.
 *
 * One thing else takes frames away: the end of the interpreter, from threads
 * that are still in C.  A thread that has the GIL, and the process's first,
 * which ends it, are safe from that; others' frames are copied by the kernel,
 * which bears an address that has gone.
 *
 * Owns the layouts of CPython 3.9 to 3.14, and which code objects are watched.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_PYTHON_CHAIN_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_PYTHON_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/recorder/scripts/script.h"

/* Where a version keeps what is read. */
struct python_layout {
	uint16_t frame;   /* of a thread: its innermost frame, */
	int16_t indirect; /* or what has that at this offset; -1: nothing between */
	uint16_t code;    /* of a frame */
	uint16_t back;
	uint16_t place;
	uint16_t bytes;     /* of a frame, as far as it is read */
	bool is_number;     /* its place is a number, not an address */
	bool is_contiguous; /* frames lie on a stack of their own, callers below */
};

/*
 * The layout of that version (as Py_Version has it); `runtime` is _PyRuntime, where 3.13 and later describe themselves,
 * or NULL.  False: it is not known.
 */
bool python_layout(uint32_t version, const void *runtime, struct python_layout *ret);

size_t python_chain_read_slowly(const struct python_layout *layout, const void *thread_state, bool is_safe,
								uintptr_t *ret, size_t max, uintptr_t *ret_sum);

static inline uintptr_t python_word_at(uintptr_t address)
{
	return *(const uintptr_t *)address; // NOLINT: an address that was read
}

/* Reads the words of at most `max` frames, innermost first, and their sum.  `is_safe`: nobody can take them away
 * meanwhile. */
static inline size_t python_chain_read(const struct python_layout *layout, const void *thread_state, bool is_safe,
									   uintptr_t *ret, size_t max, uintptr_t *ret_sum)
{
	if (!is_safe || layout->is_number)
		return python_chain_read_slowly(layout, thread_state, is_safe, ret, max, ret_sum);
	/* The frequent case, for each call of a program. */
	const size_t place = layout->place, back = layout->back;
	uintptr_t frame = python_word_at((uintptr_t)thread_state + layout->frame);
	if (frame != 0 && layout->indirect >= 0)
		frame = python_word_at(frame + (uintptr_t)layout->indirect);
	uintptr_t sum = 0;
	size_t count = 0;
	for (; frame != 0 && count < max; frame = python_word_at(frame + back)) {
		uintptr_t word = python_word_at(frame + place);
		if (word == 0)
			return 0;
		sum += word;
		ret[count++] = word;
	}
	*ret_sum = sum;
	return count;
}

/*
 * Whether the word is that of a frame with this code object, and this instruction (in bytes; -1: it is not known) of
 * it: what was read is what the interpreter says.
 */
bool python_chain_is_of(const struct python_layout *layout, uintptr_t word, const void *code, int instruction);

#endif
