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

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "preload/process/recorder.h"

/* What other rooms have to do with recording. */
struct process_parts {
	/* Recording has begun, and no event has been recorded: what is interned now gets the smallest numbers. */
	void (*begun)(void);
	/* See recorder_settings. */
	const void *wrappers_low, *wrappers_high;
	void *work;
	void *(*lua_state)(const void *address);
};

/* Called once, when the library is loaded; before that no recording starts, because no setting has been read. */
void process_prepare(const struct process_parts *parts);

/* The loaded recorder; meaningful only where process_recording() was true. */
extern const struct recorder *process_recorder;

/* Whether to record; starts recording when this process has not been asked before. */
bool process_recording(void);

/* On a page of its own that the kernel clears in a forked child: finding out about a fork costs one load. */
struct process_page {
	_Atomic uint32_t state;         /* enum process_state */
	_Atomic uint32_t beginning;     /* somebody is deciding */
	_Atomic uint64_t recorder_lock; /* of lock.h */
	_Atomic uintptr_t calm_thread;  /* in which the recorder has blocked signals */
	pid_t pid;                      /* differs from getpid() in a vfork child, which shares all memory */
	_Atomic pid_t recording;        /* the same where the process is recorded; 0 where it is not */
};
extern struct process_page *_Atomic process_page;

enum process_state { PROCESS_FRESH = 0, PROCESS_RECORDING, PROCESS_OFF };

/* The same without starting anything: false also where nothing has started yet. */
static inline bool process_is_recording(void)
{
	const struct process_page *mine = atomic_load_explicit(&process_page, memory_order_acquire);
	return mine != NULL && atomic_load_explicit(&mine->state, memory_order_acquire) == PROCESS_RECORDING;
}

/* A forked child has a copy of its parent's: the page's pid tells. */
struct process_own {
	pid_t pid;
	uint32_t thread;
};
extern __thread struct process_own process_own __attribute__((tls_model("initial-exec")));

/* Whether the process is recorded, and process_own has the calling thread's id. */
static inline __attribute__((always_inline)) bool process_records_thread(void)
{
	const struct process_page *mine = atomic_load_explicit(&process_page, memory_order_acquire);
	return mine != NULL && atomic_load_explicit(&mine->recording, memory_order_acquire) == process_own.pid;
}

/* Asks the kernel. */
uint32_t process_ask_thread(void);

/* Kernel id of the calling thread; meaningful only where process_recording() was true. */
static inline uint32_t process_thread(void)
{
	const struct process_page *mine = atomic_load_explicit(&process_page, memory_order_relaxed);
	return __builtin_expect(process_own.pid == mine->pid, 1) ? process_own.thread : process_ask_thread();
}

/* Tells the recorder that the process ends. Safe in signal handlers; does nothing in a vfork child. */
void process_ends(enum process_end end, enum drain_setting drain);

#endif
