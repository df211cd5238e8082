// SPDX-License-Identifier: PostgreSQL
/*
 * interpreter.h - which interpreters run scripts in a native stack.
 *
 * Owns the list of languages and the table of modules that were examined, a
 * module once until something is unloaded.  Asked when a native stack is first
 * seen; the answer is kept with the stack's number, as marks in its upper
 * bits, so that later the same stack costs nothing.
 *
 * The table is guarded by the recorder's lock, which is taken here for moments
 * only; symbols are looked up without it.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_INTERPRETER_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_INTERPRETER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/elf/visibility.h"
#include "preload/recorder/scripts/script.h"
#include "preload/recorder/stacks/lock.h"

#define INTERPRETERS 6u /* at most so many in a process */

/* The marks of a stack, in what its number (stacks/stack.h) leaves free. */
#define STACK_RUNS(interpreter) ((uint32_t)1 << (24 + (interpreter))) /* scripts of that interpreter */
#define STACK_RUNS_ANY 0x3f000000u
#define STACK_MAY_WAIT 0x40000000u /* only such drivers lie between libpq and it that its lock may be taken */

/* Forgets everything: this is a new process. */
void interpreter_reset(struct recorder_lock *lock);

/* The marks of a stack with these return addresses.  The lock is free; `thread` is the caller. */
uint32_t interpreter_marks(const uintptr_t *frames, size_t count, uint32_t unloads, uint32_t thread);

/* See meet in preload/process/recorder.h.  The lock is free. */
void interpreter_meet(const void *driver, const void *interpreter, uintptr_t stack, uint32_t unloads, uint32_t thread);

/* Those that were found, since something was unloaded for the last time. */
extern HIDDEN struct script_interpreter interpreters[INTERPRETERS];
extern HIDDEN uint32_t interpreter_count, interpreter_unloads;

/* One of them; NULL: something was unloaded meanwhile.  The lock is held. */
static inline const struct script_interpreter *interpreter_at(uint32_t interpreter, uint32_t unloads)
{
	return unloads == interpreter_unloads && interpreter < interpreter_count ? &interpreters[interpreter] : NULL;
}

/* A copy of it, for where the lock is free; false: something was unloaded meanwhile. */
bool interpreter_get(uint32_t interpreter, uint32_t unloads, uint32_t thread, struct script_interpreter *ret);

/* Whether the return address lies in a function that runs scripts. */
bool interpreter_is_loop(const struct script_interpreter *interpreter, uintptr_t return_address);

/* The same, or in code of no object, which the interpreter may have made. */
bool interpreter_may_run(const struct script_interpreter *interpreter, uintptr_t return_address);

#endif
