// SPDX-License-Identifier: PostgreSQL
/*
 * function-start.h - which function of an object a native frame belongs to, whether the object exports it or not.
 *
 * Asked by the languages that must know more of the native stack than which
 * module a frame is in.  Lock-free; reads the table that unwinding searches.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_STACKS_FUNCTION_START_H
#define PQLEAK_PRELOAD_RECORDER_STACKS_FUNCTION_START_H

#include <stdint.h>

/* Where the function begins that holds `address`, or the part of one that the compiler has moved away; 0: unknown. */
uintptr_t function_start(uintptr_t address);

#endif
