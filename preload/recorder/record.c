// SPDX-License-Identifier: PostgreSQL
/*
 * record.c - an event's way from the hook into the spool, and the spool's into the trace.
 *
 * Owns the recorder's interface (recorder.h) and its state.  Unwinds, looks
 * into interpreters and drains without the lock; only recognises, numbers and appends
 * under it.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "preload/elf/visibility.h"
#include "preload/process/recorder.h"
#include "preload/recorder/identity.h"
#include "preload/recorder/scripts/interpreter.h"
#include "preload/recorder/scripts/walk.h"
#include "preload/recorder/sqlite.h"
#include "preload/recorder/stacks/capture.h"
#include "preload/recorder/stacks/intern.h"
#include "preload/recorder/stacks/lock.h"
#include "preload/recorder/stacks/memo.h"
#include "preload/recorder/stacks/stack.h"
#include "trace/base/loss.h"
#include "trace/spool/spool-write.h"
#include "trace/store/drain.h"

enum {
	DRAIN_EVENTS = 24 * SPOOL_SEGMENT_EVENTS, /* so many undrained: 1.5 MiB; a drain costs as much as 10,000 events */
	RETRY_EVENTS = SPOOL_SEGMENT_EVENTS,      /* a drain or a growth that failed is tried again after so many more */
	EXIT_WAIT_MS = 100,                       /* for another process's lock on the trace, when this one ends */
	/* More undrained than this: the thread that drains does not keep up, and the others give it a moment. */
	BEHIND_EVENTS = 2 * DRAIN_EVENTS,
	BEHIND_MS = 10000,  /* so long after a drain has begun, it is not waited for any more */
	ROOM_SLEEPS = 1000, /* of 100 us each, where there is no room but what a drain makes */
	ROOM_TRIES = 100,   /* to get some of it */
};

static struct recorder_settings host; /* what the shim has told; `trace` is the copy below */
static char trace_path[4096];
static struct recorder_lock lock;
static struct spool spool;
static struct spool_header *parents; /* of a forked child: its parent's spool, as far as that is mapped */
static struct drain *drain;
static bool has_ended;
static uint64_t next_drain;   /* the number of events, kept or lost, at which to drain */
static uint64_t plain_until;  /* up to this head an event is appended, and no more is to be done */
static uint64_t lost;         /* events in a row that found no room */
static int lost_why;          /* of the last one, negative */
static _Atomic bool draining; /* held without waiting; in a child, forked meanwhile, it stays held: no drains there */
static _Atomic int64_t drain_began; /* ms, a coarse clock */
static bool never_drains;           /* this process: such a child */

/* --- the start --- */

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
	identity.forked_at = asked->parent_id != 0 ? spool.written : 0;
	identity.keep_events = asked->keep_events;
	snprintf(identity.label, sizeof identity.label, "%s", asked->label);
	if (asked->parent_id != 0 && spool.header != NULL)
		parents = spool.header;
	error = spool_create(&spool, trace_path, &identity);
	if (error != 0)
		return error;
	lock.word = asked->lock;
	has_ended = false;
	next_drain = DRAIN_EVENTS;
	plain_until = 0;
	lost = 0;
	never_drains = atomic_load(&draining);
	spool_lose(&spool, asked->missed, LOSS_EARLY);
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

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Moves the spool into the trace, unless somebody is at it. */
static bool drain_now(int wait_ms)
{
	if (atomic_exchange(&draining, true))
		return false;
	atomic_store_explicit(&drain_began, now_ms(), memory_order_relaxed);
	struct drain_work work = {.wait_ms = wait_ms};
	host.calmly(drain_calmly, &work);
	atomic_store(&draining, false);
	return work.error == TRACE_OK;
}

/* The same, and what follows from it for the events to come; the lock is not held. */
static void drain_between(uint32_t thread)
{
	if (!drain_now(0) || !lock_take(&lock, thread))
		return;
	next_drain = atomic_load_explicit(&spool.header->tail, memory_order_relaxed) + DRAIN_EVENTS;
	lost = 0;
	lock_give(&lock);
}

static bool is_draining(void)
{
	return atomic_load_explicit(&draining, memory_order_relaxed) && !never_drains;
}

/*
 * Many threads that record are faster than the one that drains, which gets no more of the processors than each of them.
 * So each stands back for a moment after its event, a millisecond where the spool is nearly full.
 */
static void stand_back(void)
{
	uint64_t undrained = atomic_load_explicit(&spool.header->head, memory_order_relaxed) -
						 atomic_load_explicit(&spool.header->tail, memory_order_relaxed);
	if (undrained > BEHIND_EVENTS && is_draining() &&
		now_ms() - atomic_load_explicit(&drain_began, memory_order_relaxed) < BEHIND_MS)
		lock_sleep((unsigned)(undrained / BEHIND_EVENTS));
}

/* --- the spool --- */

struct append_work {
	const struct event *event;
	int error;
};

static void append_calmly(void *closure)
{
	struct append_work *work = closure;
	work->error = spool_append(&spool, work->event);
}

/* Whether the system is asked for more room; where there was none, that is done for some events only. */
static bool asks_for_room(void)
{
	return lost % RETRY_EVENTS == 0;
}

/* Growing the spool makes system calls, so an event that needs room goes in calmly.  0, or why it did not. */
static int put(const struct event *event)
{
	if (!spool_is_full(&spool) || spool_has_drained(&spool))
		return spool_append(&spool, event);
	struct append_work work = {.event = event, .error = lost_why};
	if (asks_for_room())
		host.calmly(append_calmly, &work);
	return work.error;
}

static uint64_t drained(void)
{
	return atomic_load_explicit(&spool.header->tail, memory_order_relaxed);
}

/* What became of the event; the lock is held.  `has_room`: others took what there was.  *ret_is_due: a drain is due. */
static void count(const struct event *event, int error, bool has_room, bool *ret_is_due)
{
	if (error != 0)
		spool_lose(&spool, 1, (uint32_t)-error);
	else if (event->stack == 0)
		atomic_fetch_add_explicit(&spool.header->unplaced, 1, memory_order_relaxed);
	lost = error != 0 && !has_room ? lost + 1 : 0;
	lost_why = error;
	uint64_t so_far = atomic_load_explicit(&spool.header->head, memory_order_relaxed) + lost;
	*ret_is_due = so_far >= next_drain;
	if (*ret_is_due)
		next_drain = so_far + RETRY_EVENTS;
	/* Until then there is room, no drain is due, and nobody has to stand back. */
	uint64_t until = drained() + BEHIND_EVENTS;
	until = until < next_drain ? until : next_drain;
	until = until < spool.event_room - SPOOL_ENDS ? until : spool.event_room - SPOOL_ENDS;
	plain_until = lost == 0 && !has_ended ? until - 1 : 0;
}

/*
 * A spool that cannot grow has room again when it has been drained: by this thread, or by the one that is at it, which
 * is given a moment.  False: it was not.
 */
static bool make_room(uint32_t thread, int *sleeps)
{
	uint64_t before = drained();
	drain_between(thread);
	for (; *sleeps < ROOM_SLEEPS && is_draining(); (*sleeps)++)
		lock_sleep(1);
	return drained() != before;
}

/* Appends the event and gives back the lock, which is held.  0, or why it is lost. */
static int append(const struct event *event, uint32_t thread, bool *ret_is_due)
{
	spool.spares_disk = true;
	int error = put(event);
	bool has_room = asks_for_room();
	/* Other threads may be faster to take the room that was made. */
	for (int sleeps = 0, tries = 0; error != 0 && has_room && tries < ROOM_TRIES; tries++) {
		lock_give(&lock);
		has_room = make_room(thread, &sleeps);
		if (!lock_take(&lock, thread)) {
			spool_lose(&spool, 1, LOSS_BUSY);
			return -LOSS_BUSY;
		}
		/* What could not be drained is worth the last of the disk. */
		spool.spares_disk = has_room;
		error = has_ended ? 0 : put(event);
	}
	count(event, error, has_room, ret_is_due);
	lock_give(&lock);
	return error;
}

/* --- the interface --- */

static void lose(void)
{
	spool_lose(&spool, 1, LOSS_BUSY);
	host.trouble("events are being lost", NULL, 0);
}

static void say_lost(int error)
{
	char words[160];
	loss_words((uint32_t)-error, words, sizeof words);
	host.trouble("events are being lost:", words, 0);
}

/* Whether the stack is a new one; the lock is held. */
static bool is_new(struct stack *stack)
{
	return !has_ended && !stack_find(stack);
}

/*
 * Sets the event's stack: the one with the lines of the scripts in it, where these were walked before.  Whether a walk
 * through them is wanted: asked once about each event; the lock is held.
 */
__attribute__((noinline)) static bool is_script_walk_wanted(uint32_t stack, uint32_t unloads, struct event *event)
{
	bool wants = wants_script(event);
	if (host.lines == LINES_RARE && !wants)
		return false;
	enum walk_recall recall = walk_recall(stack, unloads, event->thread, &event->stack);
	return recall == WALK_ONCE || (recall == WALK_DEAR && (wants || host.lines == LINES_ALL));
}

/* The same of any stack, most of which run none. */
static inline bool is_walk_wanted(uint32_t stack, uint32_t unloads, struct event *event)
{
	event->stack = stack & STACK_NUMBER;
	return (stack & STACK_RUNS_ANY) != 0 && is_script_walk_wanted(stack, unloads, event);
}

/*
 * An event's long way, when its stack was not recognised (0), or wants the lines of its script, or when there is more
 * to do than to append it.  The lock is held, and given back here; what is called without it takes it itself, for
 * moments, and gives it back.
 */
__attribute__((noinline)) static void record_slowly(struct event *event, const struct memo_call *call, uint32_t number,
													bool is_again, bool wants_walk)
{
	struct stack stack;
	uint32_t thread = event->thread;
	bool is_locked = true;
	stack_begin(&stack, call, number, is_again);
	if (number == 0) {
		lock_give(&lock);
		stack_unwind(&stack);
		is_locked = lock_take(&lock, thread);
		if (is_locked && is_new(&stack)) {
			lock_give(&lock);
			uint32_t marks = interpreter_marks(stack.frames, stack.count, call->unloads, thread);
			is_locked = lock_take(&lock, thread);
			if (is_locked)
				stack_add(&stack, marks);
		}
		wants_walk = is_locked && !has_ended && is_walk_wanted(stack.number, call->unloads, event);
	}
	if (wants_walk) {
		lock_give(&lock);
		event->stack = walk_stack(&stack, thread);
		is_locked = lock_take(&lock, thread);
	}
	if (!is_locked) {
		lose();
		return;
	}
	bool is_due = false;
	int error = 0;
	if (has_ended)
		lock_give(&lock);
	else
		error = append(event, thread, &is_due);

	stack_learn(&stack, &lock, thread);
	if (error != 0)
		say_lost(error);
	if (is_due)
		drain_between(thread);
	stand_back();
}

/* An event's way: for nearly all of them, a stack that is recognised and a place in the spool. */
static void record(struct event *event, const void *frame)
{
	const struct memo_call call = {frame, event->function, atomic_load_explicit(host.unloads, memory_order_relaxed)};
	bool is_again = false;
	if (!lock_take(&lock, event->thread)) {
		lose();
		return;
	}
	uint32_t stack = memo_recall(&call, &is_again);
	bool wants_walk = is_walk_wanted(stack, call.unloads, event);
	uint64_t head = atomic_load_explicit(&spool.header->head, memory_order_relaxed);
	if (__builtin_expect(stack == 0 || wants_walk || head >= plain_until, 0)) {
		record_slowly(event, &call, stack, is_again, wants_walk);
		return;
	}
	spool_put(&spool, head, event);
	lock_give(&lock);
}

static uint32_t intern(uint32_t thread, enum blob_type type, const void *bytes, size_t length)
{
	if (!lock_take(&lock, thread))
		return 0;
	uint32_t number = intern_blob(type, bytes, length);
	lock_give(&lock);
	return number;
}

static void meet(uint32_t thread, const void *driver, const void *interpreter, uintptr_t stack)
{
	uint32_t unloads = atomic_load_explicit(host.unloads, memory_order_relaxed);
	interpreter_meet(driver, interpreter, stack, unloads, thread);
}

static uint64_t id(void)
{
	return spool.header->id;
}

static void leave_mark(int error)
{
	struct spool_header *header = parents != NULL ? parents : spool.header;
	if (header != NULL)
		spool_mark_child(header, error);
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
	spool_lose(&spool, missed, LOSS_EARLY);
	/* The spool keeps room for it. */
	int error = spool_append(&spool, &event);
	if (error != 0)
		spool_lose(&spool, 1, (uint32_t)-error);
	/* With the drain below the spool is gone: whatever other threads still do would be lost unseen. */
	has_ended = with_drain;
	plain_until = 0;
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
	.meet = meet,
	.id = id,
	.leave_mark = leave_mark,
	.is_within_wrapper = capture_is_within_wrapper,
	.end = end,
};
