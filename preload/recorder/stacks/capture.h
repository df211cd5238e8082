// SPDX-License-Identifier: PostgreSQL
/*
 * capture.h - the call stack of the thread that called libpq.
 *
 * Owns libunwind, of which memo.c uses the cursor too: loaded RTLD_LOCAL, because
 * linking it puts its _Unwind_* in the way of the host's C++ exceptions.
 * glibc's backtrace() is never a fallback: it aborts hosts with JIT code.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_STACKS_CAPTURE_H
#define PQLEAK_PRELOAD_RECORDER_STACKS_CAPTURE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/process/recorder.h"

#define CAPTURE_FRAMES 64 /* innermost ones; the rest of a deeper stack is not recorded */

/* Loads libunwind and learns where our own frames lie. 0 or -errno. */
int capture_prepare(const struct recorder_settings *settings);

/* Around every use of libunwind, which has locks: no fork comes between. */
const void *capture_hold(void);
void capture_let(const void *hold);

/* Return addresses, innermost first, without our own frames. Returns how many. Takes no lock of ours. */
size_t capture_stack(uintptr_t ret[CAPTURE_FRAMES]);

/* Whether the stack holds frames of the shim below those we stand on. */
bool capture_is_within_wrapper(void);

/* --- with libunwind's cursor: memo-walk.c --- */

/*
 * What unw_backtrace finds, frame by frame, without the table that this makes at its first use in each thread: filling
 * that takes as long as a dozen stacks.  0: it cannot.
 */
int capture_by_steps(uintptr_t *ret, int most);

/* --- libunwind's hands off the host's descriptors, and fewer of its system calls: quiet.c --- */

/* Points the loaded libunwind's pipe at functions that answer the same question without a descriptor. */
void quiet_unwinder(void *handle, const struct recorder_settings *settings);

/*
 * Until quiet_end no signal comes to this thread, and libunwind, which sees to that itself for each lock that it takes,
 * does not: some ten times a frame.  False: another thread is at it.
 */
bool quiet_begin(sigset_t *ret_before);
void quiet_end(const sigset_t *before);

#endif
