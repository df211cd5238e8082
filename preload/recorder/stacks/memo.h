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

#include "preload/elf/visibility.h"
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

/* Some words of stacks that were here: one list or two, each with one behind it that is never as it says. */
struct memo_run {
	uint64_t where; /* the wrapper's frame and number; or the run and the word that this one goes on from */
	uint64_t value; /* the address it returns to; or what that word is */
	uint64_t epoch; /* when that was learned: dlclose so far, and above them (<< 32) how often all was forgotten */
	const struct memo_word *own, *own_end, *shared, *shared_end; /* `shared` may be NULL */
	uint32_t stack;
} __attribute__((aligned(64)));

/* The first run of each call, where no other call has the same place; what it points at is compared. */
#define MEMO_FRONT 32768u
extern HIDDEN uint16_t memo_front[MEMO_FRONT];
extern HIDDEN struct memo_run memo_runs[];
extern HIDDEN uint64_t memo_forgotten; /* as in an epoch */

/* On aarch64 the same return address and frame may belong to two wrappers, whose frames differ in size. */
static inline uint64_t memo_where(const struct memo_call *call)
{
	return (uintptr_t)call->frame ^ (uint64_t)call->function << 48;
}

/* In order: each word's place is certain only when those before it are as they were. */
static inline const struct memo_word *memo_odd_of(const struct memo_word *word)
{
	for (;; word += 4) {
		if (*word[0].at != word[0].value)
			return word;
		if (*word[1].at != word[1].value)
			return word + 1;
		if (*word[2].at != word[2].value)
			return word + 2;
		if (*word[3].at != word[3].value)
			return word + 3;
	}
}

/* The first word of a run that is not as it was; NULL: it is the stack's.  *ret_end is behind its list. */
static inline const struct memo_word *memo_first_odd(const struct memo_run *run, const struct memo_word **ret_end)
{
	const struct memo_word *odd = memo_odd_of(run->own);
	*ret_end = run->own_end;
	if (odd != *ret_end)
		return odd;
	if (run->shared == NULL)
		return NULL;
	odd = memo_odd_of(run->shared);
	*ret_end = run->shared_end;
	return odd != *ret_end ? odd : NULL;
}

/* Where the call's first run is told, if it is. */
static inline uint16_t *memo_place(const struct memo_call *call)
{
	/* Call sites often lie at equal distances, of which multiplying alone makes few different ones. */
	uint64_t hash = (((const uintptr_t *)call->frame)[1] + ((uintptr_t)call->frame << 12)) * 0x9e3779b97f4a7c15u;
	return &memo_front[(hash >> 49 ^ hash >> 32) % MEMO_FRONT];
}

/* The number of the stack that called, or 0: not told there. */
static inline __attribute__((always_inline)) uint32_t memo_recall(const struct memo_call *call)
{
	const struct memo_run *run = &memo_runs[*memo_place(call)];
	const struct memo_word *end;
	__asm__("" : "+r"(run)); /* or compilers work out where it is for each of its members */
	return __builtin_expect(run->where == memo_where(call) && run->value == ((const uintptr_t *)call->frame)[1] &&
								run->epoch == (memo_forgotten | call->unloads) && memo_first_odd(run, &end) == NULL,
							1)
			   ? run->stack
			   : 0;
}

/* The same of all that is known; of what is not, *ret_again says whether it is worth learning. */
uint32_t memo_recall_slowly(const struct memo_call *call, bool *ret_again);

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
