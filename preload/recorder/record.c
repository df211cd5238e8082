// SPDX-License-Identifier: PostgreSQL
/*
 * record.c - an event's way from the hook into the spool, and the spool's into the trace.
 *
 * Owns the recorder's interface (recorder.h) and its state.  Captures the
 * stack before it takes the lock, drains after it has given it back.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "intern.h"
#include "lock.h"
#include "memo.h"
#include "preload/recorder.h"
#include "self.h"
#include "trace/spool.h"
#include "trace/trace.h"

enum {
	DRAIN_EVENTS = 12 * SPOOL_SEGMENT_EVENTS, /* so many undrained: 768 KiB */
	RETRY_EVENTS = SPOOL_SEGMENT_EVENTS,      /* a drain that failed is tried again after so many more */
	EXIT_WAIT_MS = 100,                       /* for another process's lock on the trace, when this one ends */
};

static struct recorder_settings settings;
static struct recorder_lock lock;
static struct spool spool;
static struct drain *drain;
static char trace_path[4096];
static bool has_ended;
static uint64_t next_drain;  /* the head at which to drain */
static atomic_flag draining; /* held without waiting; in a child, forked meanwhile, it stays held: no drains there */

static int start(const struct recorder_settings *asked)
{
	settings = *asked;
	/* The settings' texts are the shim's, and a fork copies them; the path is kept because it outlives the call. */
	snprintf(trace_path, sizeof trace_path, "%s", asked->trace);
	int error = capture_prepare(asked->shim_low, asked->shim_high);
	if (error != 0)
		return error;
	struct spool_identity identity;
	self_identify(&identity);
	identity.parent_id = asked->parent_id;
	identity.keep_events = asked->keep_events;
	error = spool_create(&spool, trace_path, &identity);
	if (error != 0)
		return error;
	lock.word = asked->lock;
	has_ended = false;
	next_drain = DRAIN_EVENTS;
	drain = NULL; /* a parent's is not ours to free: its memory may be in use by the copy of a thread that is gone */
	intern_reset(&spool);
	memo_reset();
	return 0;
}

/* Moves the spool into the trace, unless somebody is at it. Calm throughout: SQLite must not be interrupted. */
static bool drain_now(int wait_ms)
{
	if (atomic_flag_test_and_set(&draining))
		return false;
	char calm[RECORDER_CALM_BYTES] __attribute__((aligned(16)));
	settings.calm_enter(calm);
	struct trace_failure failure = {.error = TRACE_SYSTEM};
	/* Nothing else in this process uses our copy of SQLite, and `draining` admits one thread at a time. */
	static bool is_configured;
	if (!is_configured)
		is_configured = sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK;
	if (drain == NULL)
		drain = drain_new(&spool);
	enum trace_error error = drain != NULL ? drain_run(drain, trace_path, wait_ms, &failure) : TRACE_SYSTEM;
	if (error != TRACE_OK) {
		drain_free(drain);
		drain = NULL;
	}
	settings.calm_leave(calm);
	/* Somebody else's lock passes; this will not, and nobody would look for the spool. */
	if (error != TRACE_OK && error != TRACE_BUSY)
		settings.trouble("what was recorded stays in its spool:", failure.text, 0);
	atomic_flag_clear(&draining);
	return error == TRACE_OK;
}

static void drop(int error)
{
	atomic_fetch_add_explicit(&spool.header->dropped, 1, memory_order_relaxed);
	settings.trouble("events are being lost", NULL, error);
}

/* Appends under the lock. Growing the spool makes system calls, so the first event of a segment goes in calmly. */
static int append(const struct event *event)
{
	if (atomic_load_explicit(&spool.header->head, memory_order_relaxed) % SPOOL_SEGMENT_EVENTS != 0)
		return spool_append(&spool, event);
	char calm[RECORDER_CALM_BYTES] __attribute__((aligned(16)));
	settings.calm_enter(calm);
	int error = spool_append(&spool, event);
	settings.calm_leave(calm);
	return error;
}

/* What the stack is, before the lock is taken. */
struct sighting {
	uint32_t number; /* known already, or 0 */
	uint32_t unloads;
	uint64_t hash;
	size_t count;
	uintptr_t frames[CAPTURE_FRAMES];
};

static void look(const void *frame, struct sighting *ret)
{
	ret->unloads = atomic_load_explicit(settings.unloads, memory_order_relaxed);
	if (memo_recall(frame, ret->unloads, &ret->number))
		return;
	ret->number = 0;
	ret->count = capture_stack(ret->frames);
	ret->hash = intern_hash(ret->frames, ret->count, ret->unloads);
}

static void record(struct event *event)
{
	struct sighting seen;
	const void *frame = __builtin_frame_address(0);
	look(frame, &seen);
	if (!lock_take(&lock, event->thread)) {
		drop(0);
		return;
	}
	int error = 0;
	bool is_due = false;
	if (!has_ended) {
		event->stack =
			seen.number != 0 ? seen.number : intern_stack(seen.frames, seen.count, seen.unloads, seen.hash);
		error = append(event);
		uint64_t head = atomic_load_explicit(&spool.header->head, memory_order_relaxed);
		is_due = head >= next_drain;
		if (is_due)
			next_drain = head + RETRY_EVENTS;
	}
	lock_give(&lock);
	if (seen.number == 0)
		memo_learn(frame, seen.unloads, event->stack);
	if (error != 0)
		settings.trouble("events are being lost: the spool cannot grow", NULL, -error);
	if (is_due && drain_now(0)) {
		uint64_t tail = atomic_load_explicit(&spool.header->tail, memory_order_relaxed);
		if (lock_take(&lock, event->thread)) {
			next_drain = tail + DRAIN_EVENTS;
			lock_give(&lock);
		}
	}
}

static uint32_t intern(uint32_t thread, enum blob_type type, const void *bytes, size_t length)
{
	if (!lock_take(&lock, thread))
		return 0;
	uint32_t number = intern_blob(type, bytes, length);
	lock_give(&lock);
	return number;
}

static uint64_t id(void)
{
	return spool.header->id;
}

static void end(uint32_t thread, enum process_end how, bool with_drain)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	struct event event = {
		.verb = how == END_RUNNING ? EVENT_END_REVOKED : EVENT_END,
		.status = (uint8_t)how,
		.time = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
		.thread = thread,
	};
	if (!lock_take(&lock, thread))
		return;
	int error = append(&event);
	/* With the drain below the spool is gone: whatever other threads still do would be lost unseen. */
	has_ended = with_drain;
	lock_give(&lock);
	if (with_drain && error == 0 && drain_now(EXIT_WAIT_MS))
		unlink(spool.path);
}

__attribute__((visibility("default"))) const struct recorder pqleak_recorder = {
	.abi = RECORDER_ABI,
	.event_bytes = sizeof(struct event),
	.start = start,
	.record = record,
	.intern = intern,
	.id = id,
	.is_within_wrapper = capture_is_within_wrapper,
	.end = end,
};
