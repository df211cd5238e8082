// SPDX-License-Identifier: PostgreSQL
/*
 * memo.h - a stack that was here before is recognised instead of unwound.
 *
 * A program calls libpq again and again from the same stacks.  Of each, the
 * memo remembers where every return address and every saved frame pointer lay,
 * and what they were; of saved frame pointers only those with which a frame's
 * end can have been found.  If, from the innermost outwards, all are still
 * there, the unwinder would find the same stack: a frame's place follows from
 * the code address and the frame pointer of the frame inside it.  For the same
 * reason each word that is read is one the unwinder would have read.
 *
 * Owns fixed tables shared by all threads.  The caller holds the recorder's
 * lock, except for the walk.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_STACKS_MEMO_H
#define PQLEAK_PRELOAD_RECORDER_STACKS_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/recorder/stacks/capture.h"

#define MEMO_NEAR 4096u /* a frame pointer lies at most so far above the return address of its frame */
#define MEMO_WORDS (2 * CAPTURE_FRAMES)

/* A word on the stack and what it holds. */
struct memo_word {
	const uintptr_t *at;
	uintptr_t value;
};

/*
 * The host's call of libpq: the frame of the wrapper it came to, and the wrapper's number, because where the caller's
 * frame begins follows from both.
 */
struct memo_call {
	const void *frame; /* the wrapper's __builtin_frame_address(0), which its compiler keeps as a frame pointer */
	uint32_t function;
	uint32_t unloads; /* dlclose so far: when it changes, the same addresses may be other code */
};

/* Forgets everything: numbers of another process's spool mean nothing here. */
void memo_reset(void);

/* The number of the stack that called, or 0; then *ret_again says whether it is worth learning. */
uint32_t memo_recall(const struct memo_call *call, bool *ret_again);

/* The stack that called has these words, which memo_walk has found, and this number. */
void memo_learn(const struct memo_call *call, const struct memo_word *words, size_t count, uint32_t stack);

/* Whether the saved word can have been a frame pointer; the return address of that frame was saved at `outer`. */
static inline bool memo_is_near(uintptr_t value, const void *frame, const uintptr_t *outer)
{
	return value >= (uintptr_t)frame && value < (uintptr_t)(outer + 1) + MEMO_NEAR;
}

/* --- the words that a stack depends on: memo-walk.c --- */

/* Looks for libunwind's cursor functions; without them no stack is ever walked. */
void memo_prepare(void *libunwind);

/* Walks outwards from the wrapper's frame.  False: something is out of the ordinary.  The lock is free. */
bool memo_walk(const void *frame, struct memo_word ret[MEMO_WORDS], size_t *ret_count);

#endif
