// SPDX-License-Identifier: PostgreSQL
/*
 * process.h - is this process being recorded?
 *
 * Owns the recorder's loading, its start at the first libpq call, the
 * discovery of a fork, and the end of recording when something fails.
 */
#ifndef PQLEAK_PRELOAD_PROCESS_PROCESS_H
#define PQLEAK_PRELOAD_PROCESS_PROCESS_H

#include <stdbool.h>

#include "preload/libpq/hooks.h"
#include "preload/process/recorder.h"

/* The loaded recorder; meaningful only where process_recording() was true. */
extern const struct recorder *process_recorder;

/* Whether to record; starts recording when this process has not been asked before. */
bool process_recording(void);

/* The same without starting anything: false also where nothing has started yet. */
bool process_is_recording(void);

/* Kernel id of the calling thread; meaningful only where process_recording() was true. */
uint32_t process_thread(void);

/* The interned name of that function; meaningful only where process_recording() was true. */
uint16_t process_function(enum hook hook);

/* This process's trace, as far as its settings say: they are read when the library is loaded. False: there is none. */
bool process_find_trace(char *ret, size_t bytes);

/* Tells the recorder that the process ends. Safe in signal handlers; does nothing in a vfork child. */
void process_ends(enum process_end end, bool drain);

#endif
