// SPDX-License-Identifier: PostgreSQL
/*
 * memo.h - a stack that was here before is recognised instead of unwound.
 *
 * A loop calls libpq again and again from the same stack.  An entry remembers,
 * for one address of the recorder's frame, where each return address and each
 * saved frame pointer lay, and what they were; of saved frame pointers only
 * those with which a frame's end can have been found.  If, from the innermost
 * outwards, all are still there, the unwinder would find the same stack: a
 * frame's place follows from the code address and the frame pointer of the
 * frame inside it.  For the same reason each word that is read is one the
 * unwinder would have read.
 *
 * Owns a fixed table shared by all threads.  An entry is used by one at a
 * time; whoever finds it taken just unwinds.  So a handler, a longjmp or a
 * fork can cost an entry, and never more.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_STACKS_MEMO_H
#define PQLEAK_PRELOAD_RECORDER_STACKS_MEMO_H

#include <stdbool.h>
#include <stdint.h>

/* Looks for libunwind's cursor functions; without them nothing is ever recalled. */
void memo_prepare(void *libunwind);

/* Forgets everything: numbers of another process's spool mean nothing here. */
void memo_reset(void);

/* `frame` is the caller's __builtin_frame_address(0), which the caller's compiler keeps as a frame pointer. */
bool memo_recall(const void *frame, uint32_t unloads, uint32_t *ret_stack);

/* That frame's stack had this number. The second time in a row it is worth remembering. */
void memo_learn(const void *frame, uint32_t unloads, uint32_t stack);

#endif
