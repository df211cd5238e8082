// SPDX-License-Identifier: PostgreSQL
/*
 * process.h - is this process being recorded?
 *
 * Owns the recorder's loading, its start at the first libpq call, the
 * discovery of a fork, and the end of recording when something fails.  Knows
 * nothing of libpq: what it needs of other rooms it is given by shim.c.
 */
#ifndef PQLEAK_PRELOAD_PROCESS_PROCESS_H
#define PQLEAK_PRELOAD_PROCESS_PROCESS_H

#include <stdbool.h>

#include "preload/process/recorder.h"

/* What other rooms have to do with recording. */
struct process_parts {
	/* Recording has begun, and no event has been recorded: what is interned now gets the smallest numbers. */
	void (*begun)(void);
	/* See recorder_settings. */
	const void *wrappers_low, *wrappers_high;
	void *(*lua_state)(const void *address);
};

/* Called once, when the library is loaded; before that no recording starts, because no setting has been read. */
void process_prepare(const struct process_parts *parts);

/* The loaded recorder; meaningful only where process_recording() was true. */
extern const struct recorder *process_recorder;

/* Whether to record; starts recording when this process has not been asked before. */
bool process_recording(void);

/* The same without starting anything: false also where nothing has started yet. */
bool process_is_recording(void);

/* Kernel id of the calling thread; meaningful only where process_recording() was true. */
uint32_t process_thread(void);

/* Tells the recorder that the process ends. Safe in signal handlers; does nothing in a vfork child. */
void process_ends(enum process_end end, bool drain);

#endif
