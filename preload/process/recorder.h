// SPDX-License-Identifier: PostgreSQL
/*
 * recorder.h - the one interface between libpqleak.so and what records.
 *
 * libpqleak.so is preloaded into everything, so it is tiny and needs libc
 * only.  libpqleak-recorder.so carries libunwind's use, the spool and SQLite;
 * it is loaded RTLD_LOCAL at the first libpq call of a process and exports a
 * single symbol, `pqleak_recorder`.
 *
 * Threads: record and intern may be called from any thread and from signal
 * handlers; start only by one thread at a time.  Nothing here returns a
 * failure the caller must act on, but start: the host goes on in any case.
 */
#ifndef PQLEAK_PRELOAD_PROCESS_RECORDER_H
#define PQLEAK_PRELOAD_PROCESS_RECORDER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/spool/spool.h"

#define RECORDER_ABI 12u

/* Which events have the lines of the script that called. */
enum lines_setting {
	LINES_CHEAP, /* all where that costs little, else the rare ones: the default */
	LINES_RARE,  /* those of connections, and what begins or ends a transaction */
	LINES_ALL,
};

/* Whether the spool is moved into the trace when the process ends. */
enum drain_setting {
	DRAIN_MUCH,  /* where it holds much; else it is left to whoever reads the trace: the default */
	DRAIN_END,   /* always */
	DRAIN_LATER, /* never */
};

/* What a process is told once. */
struct recorder_settings {
	const char *trace;        /* absolute path, placeholders replaced */
	const char *label;        /* PQLEAK_LABEL, or empty */
	uint64_t parent_id;       /* spool id of the process this one was forked from, or 0 */
	bool keep_events;         /* PQLEAK_EVENTS=all */
	enum lines_setting lines; /* PQLEAK_LINES */
	uint64_t missed;          /* calls that came before this */
	const void *shim_low;     /* libpqleak.so in memory: its frames are cut off the stacks */
	const void *shim_high;
	const void *wrappers_low; /* of these, the functions that stand in for libpq's */
	const void *wrappers_high;
	void *work;                      /* a page: on which connections threads are at work, which the spool is to tell */
	_Atomic uint64_t *lock;          /* a word that a fork sets to 0 in the child */
	const _Atomic uint32_t *unloads; /* counts dlclose: addresses may mean something else now */
	void (*calmly)(void (*work)(void *), void *closure); /* calm_run of calm.h */
	void (*calm_signals)(sigset_t *ret);                 /* of calm.h */
	_Atomic uintptr_t *calm_thread;                      /* another word that a fork sets to 0 */
	void **(*own_word)(void); /* the calling thread's own word, NULL at first, for the recorder's use */
	/* The lua_State that runs the functions of the module at `address`, or NULL when that is not certain. */
	void *(*lua_state)(const void *address);
	/* Around what takes locks of other libraries: forks_hold and forks_let of forks.h. */
	const void *(*hold_forks)(void);
	void (*let_forks)(const void *hold);
	/* Something went wrong: say so, once for each `what`. `detail` may be NULL, `error` is an errno or 0. */
	void (*trouble)(const char *what, const char *detail, int error);
};

struct recorder {
	uint32_t abi;
	uint32_t event_bytes; /* sizeof(struct event): both sides were built together */
	/* Begins recording for this process, also again in a forked child.  0 or -errno; calls are made calmly. */
	int (*start)(const struct recorder_settings *settings);
	/*
	 * Captures the caller's stack into the event and appends it.  `event->thread` and `function` are set; `frame` is
	 * the
	 * __builtin_frame_address(0) of the wrapper that the host called.  May change errno.
	 */
	void (*record)(struct event *event, const void *frame);
	/* The number of that blob, the same for the same bytes; 0 when there is no room. */
	uint32_t (*intern)(uint32_t thread, enum blob_type type, const void *bytes, size_t length);
	/* Numbers for so many texts, in order, that nobody interns by their bytes; 0 where there is no room. */
	void (*number_texts)(uint32_t thread, const char *const texts[], size_t count, uint16_t *ret);
	/*
	 * A script's driver is about to give up its interpreter's lock around a call of libpq, and may not have been seen
	 * on a stack yet.  `driver` and `interpreter` are addresses in the two, `stack` is where the caller's stack is.
	 */
	void (*meet)(uint32_t thread, const void *driver, const void *interpreter, uintptr_t stack);
	/* The spool's identity, for a child. */
	uint64_t (*id)(void);
	/* In a forked child that could not be recorded, for that errno: leaves word in the spool of its parent. */
	void (*leave_mark)(int error);
	/*
	 * Whether a second wrapper of ours is on the caller's stack: then a call that comes from inside an object which
	 * both contains libpq and uses it is libpq's own.  Asks the stack, so a longjmp out of a callback cannot fool it.
	 */
	bool (*is_within_wrapper)(void);
	/* The process ends (or, with END_RUNNING, does not after all).  `missed` calls could not be recorded. */
	void (*end)(uint32_t thread, enum process_end end, enum drain_setting drain, uint64_t missed);
};

#endif
