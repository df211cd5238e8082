// SPDX-License-Identifier: PostgreSQL
/*
 * record.c - an event's way from the hook into the spool, and the spool's into the trace.
 *
 * Owns the recorder's interface (recorder.h) and its state.  Unwinds, looks
 * into interpreters and drains without the lock; only numbers and appends
 * under it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "preload/elf/elf-object.h"
#include "preload/elf/visibility.h"
#include "preload/process/recorder.h"
#include "preload/recorder/scripts/interpreter.h"
#include "preload/recorder/scripts/walk.h"
#include "preload/recorder/sqlite.h"
#include "preload/recorder/stacks/capture.h"
#include "preload/recorder/stacks/intern.h"
#include "preload/recorder/stacks/lock.h"
#include "preload/recorder/stacks/memo.h"
#include "preload/recorder/stacks/stack.h"
#include "trace/base/redact.h"
#include "trace/spool/spool-write.h"
#include "trace/store/drain.h"

enum {
	DRAIN_EVENTS = 12 * SPOOL_SEGMENT_EVENTS, /* so many undrained: 768 KiB */
	RETRY_EVENTS = SPOOL_SEGMENT_EVENTS,      /* a drain or a growth that failed is tried again after so many more */
	EXIT_WAIT_MS = 100,                       /* for another process's lock on the trace, when this one ends */
};

static struct recorder_settings host; /* what the shim has told; `trace` is the copy below */
static char trace_path[4096];
static struct recorder_lock lock;
static struct spool spool;
static struct drain *drain;
static bool has_ended;
static uint64_t next_drain;  /* the number of events, kept or lost, at which to drain */
static uint64_t lost;        /* events in a row that found no room */
static atomic_flag draining; /* held without waiting; in a child, forked meanwhile, it stays held: no drains there */

/* --- the start --- */

static size_t read_file(const char *path, char *ret, size_t bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t length = read(fd, ret, bytes);
	close(fd);
	return length > 0 ? (size_t)length : 0;
}

/* What a process says about itself in its spool: host, exe and the redacted command; the rest is zero. */
static void identify(struct spool_identity *ret)
{
	static char arguments[4096]; /* large, and this may be a small stack */
	memset(ret, 0, sizeof *ret);
	gethostname(ret->host, sizeof ret->host - 1);
	elf_program_path(ret->exe, sizeof ret->exe);
	size_t length = read_file("/proc/self/cmdline", arguments, sizeof arguments);
	redact_command(ret->command, sizeof ret->command, arguments, length);
}

static int start(const struct recorder_settings *asked)
{
	host = *asked;
	snprintf(trace_path, sizeof trace_path, "%s", asked->trace);
	host.trace = trace_path;
	int error = capture_prepare(asked);
	if (error != 0)
		return error;
	static struct spool_identity identity; /* large, and this may be a small stack */
	identify(&identity);
	identity.parent_id = asked->parent_id;
	identity.keep_events = asked->keep_events;
	snprintf(identity.label, sizeof identity.label, "%s", asked->label);
	error = spool_create(&spool, trace_path, &identity);
	if (error != 0)
		return error;
	lock.word = asked->lock;
	has_ended = false;
	next_drain = DRAIN_EVENTS;
	lost = 0;
	drain = NULL; /* a parent's is not ours to free: its memory may be in use by the copy of a thread that is gone */
	intern_reset(&spool, asked->calmly);
	memo_reset();
	interpreter_reset(&lock);
	wants_script_reset();
	walk_reset(&lock, asked);
	return 0;
}

/* --- the drain --- */

struct drain_work {
	int wait_ms;
	enum trace_error error;
};

static void drain_calmly(void *closure)
{
	struct drain_work *work = closure;
	struct trace_failure failure = {.error = TRACE_SYSTEM};
	if (drain == NULL && sqlite_prepare())
		drain = drain_new(&spool);
	work->error = drain != NULL ? drain_run(drain, trace_path, work->wait_ms, &failure) : TRACE_SYSTEM;
	if (work->error != TRACE_OK) {
		drain_free(drain);
		drain = NULL;
	}
	/* Somebody else's lock passes; this will not, and nobody would look for the spool. */
	if (work->error != TRACE_OK && work->error != TRACE_BUSY)
		host.trouble("what was recorded stays in its spool:", failure.text, 0);
}

/* Moves the spool into the trace, unless somebody is at it. */
static bool drain_now(int wait_ms)
{
	if (atomic_flag_test_and_set(&draining))
		return false;
	struct drain_work work = {.wait_ms = wait_ms};
	host.calmly(drain_calmly, &work);
	atomic_flag_clear(&draining);
	return work.error == TRACE_OK;
}

/* --- the spool --- */

static void count_dropped(uint64_t events)
{
	atomic_fetch_add_explicit(&spool.header->dropped, events, memory_order_relaxed);
}

struct append_work {
	const struct event *event;
	int error;
};

static void append_calmly(void *closure)
{
	struct append_work *work = closure;
	work->error = spool_append(&spool, work->event);
}

/*
 * Growing the spool makes system calls, so an event that needs room goes in calmly; where there was none, most of those
 * that follow are counted without asking the system again.
 */
static int put(const struct event *event)
{
	if (!spool_is_full(&spool)) {
		lost = 0;
		return spool_append(&spool, event);
	}
	struct append_work work = {.event = event, .error = -ENOSPC};
	if (lost % RETRY_EVENTS == 0)
		host.calmly(append_calmly, &work);
	else
		count_dropped(1);
	lost = work.error == 0 ? 0 : lost + 1;
	return work.error;
}

/* Appends the event; the lock is held.  *ret_is_due: it is time for a drain. */
static int append(const struct event *event, bool *ret_is_due)
{
	if (event->stack == 0)
		count_dropped(1); /* the event, but not where it happened */
	int error = put(event);
	uint64_t so_far = atomic_load_explicit(&spool.header->head, memory_order_relaxed) + lost;
	*ret_is_due = so_far >= next_drain;
	if (*ret_is_due)
		next_drain = so_far + RETRY_EVENTS;
	return error;
}

/* --- the interface --- */

static void lose(void)
{
	count_dropped(1);
	host.trouble("events are being lost", NULL, 0);
}

/* Whether the stack is a new one; the lock is held. */
static bool is_new(struct stack *stack)
{
	return !has_ended && !stack_find(stack);
}

/* Whether a script runs in the stack, and the event wants its lines; the lock is held. */
static bool is_script_wanted(const struct stack *stack, const struct event *event)
{
	return !has_ended && (stack->number & STACK_RUNS_ANY) != 0 && wants_script(event);
}

/*
 * An event's way.  The lock is taken and given back here; what is called without it takes it itself, for moments, and
 * gives it back.
 */
static void record(struct event *event)
{
	struct stack stack;
	uint32_t thread = event->thread;
	stack_see(&stack, __builtin_frame_address(0), atomic_load_explicit(host.unloads, memory_order_relaxed));

	bool is_locked = lock_take(&lock, thread);
	if (is_locked && is_new(&stack)) {
		lock_give(&lock);
		uint32_t marks = interpreter_marks(stack.frames, stack.count, stack.unloads, thread);
		is_locked = lock_take(&lock, thread);
		if (is_locked)
			stack_add(&stack, marks);
	}
	event->stack = stack.number & STACK_NUMBER;
	if (is_locked && is_script_wanted(&stack, event)) {
		lock_give(&lock);
		event->stack = walk_stack(&stack, thread);
		is_locked = lock_take(&lock, thread);
	}
	if (!is_locked) {
		lose();
		return;
	}
	bool is_due = false;
	int error = has_ended ? 0 : append(event, &is_due);
	lock_give(&lock);

	stack_learn(&stack);
	if (error != 0)
		host.trouble("events are being lost: the spool cannot grow", NULL, -error);
	if (is_due && drain_now(0) && lock_take(&lock, thread)) {
		next_drain = atomic_load_explicit(&spool.header->tail, memory_order_relaxed) + DRAIN_EVENTS;
		lost = 0;
		lock_give(&lock);
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

static void end(uint32_t thread, enum process_end how, bool with_drain, uint64_t missed)
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
	count_dropped(missed);
	/* The spool keeps room for it. */
	int error = spool_append(&spool, &event);
	/* With the drain below the spool is gone: whatever other threads still do would be lost unseen. */
	has_ended = with_drain;
	lock_give(&lock);
	if (with_drain && error == 0 && drain_now(EXIT_WAIT_MS))
		unlink(spool.path);
}

EXPORT const struct recorder pqleak_recorder = {
	.abi = RECORDER_ABI,
	.event_bytes = sizeof(struct event),
	.start = start,
	.record = record,
	.intern = intern,
	.id = id,
	.is_within_wrapper = capture_is_within_wrapper,
	.end = end,
};
