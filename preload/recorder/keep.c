// SPDX-License-Identifier: PostgreSQL
/* keep.c - see keep.h. */
#include "preload/recorder/keep.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "preload/elf/apart.h"
#include "preload/recorder/identity.h"
#include "preload/recorder/leave.h"
#include "preload/recorder/sqlite.h"
#include "trace/base/loss.h"
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

APART struct keep keep;

APART static char trace_path[4096];
static struct drain *drain;
static uint64_t next_drain;   /* the number of events, kept or lost, at which to drain */
static uint64_t lost;         /* events in a row that found no room */
static int lost_why;          /* of the last one, negative */
static _Atomic bool draining; /* held without waiting; in a child, forked meanwhile, it stays held: no drains there */
static _Atomic int64_t drain_began; /* ms, a coarse clock */
static bool never_drains;           /* this process: such a child */

int keep_start(const struct recorder_settings *asked)
{
	keep.host = *asked;
	snprintf(trace_path, sizeof trace_path, "%s", asked->trace);
	keep.host.trace = trace_path;
	APART static struct spool_identity identity; /* large, and this may be a small stack */
	identify(&identity);
	identity.parent_id = asked->parent_id;
	identity.forked_at = asked->parent_id != 0 ? keep.spool.written : 0;
	identity.keep_events = asked->keep_events;
	snprintf(identity.label, sizeof identity.label, "%s", asked->label);
	if (asked->parent_id != 0 && keep.spool.header != NULL)
		keep.parents = keep.spool.header;
	int error = spool_create(&keep.spool, trace_path, &identity);
	if (error != 0)
		return error;
	spool_share_work(&keep.spool, asked->work);
	again_reset(&keep.again, &keep.spool);
	keep.lock.word = asked->lock;
	keep.has_ended = false;
	keep.plain_until = 0;
	next_drain = DRAIN_EVENTS;
	lost = 0;
	never_drains = atomic_load(&draining);
	spool_lose(&keep.spool, asked->missed, LOSS_EARLY);
	drain = NULL; /* a parent's is not ours to free: its memory may be in use by the copy of a thread that is gone */
	return 0;
}

/* --- the drain --- */

struct drain_work {
	int wait_ms;
	bool may_leave; /* the spool as it is, if it holds little */
	bool has_left;
	enum trace_error error;
};

static void drain_calmly(void *closure)
{
	struct drain_work *work = closure;
	struct trace_failure failure = {.error = TRACE_SYSTEM};
	work->has_left = work->may_leave && leave_spool(&keep.spool, trace_path);
	if (work->has_left)
		return;
	if (drain == NULL && sqlite_prepare())
		drain = drain_new(&keep.spool);
	work->error = drain != NULL ? drain_run(drain, trace_path, work->wait_ms, &failure) : TRACE_SYSTEM;
	if (work->error != TRACE_OK) {
		drain_free(drain);
		drain = NULL;
	}
	/* Somebody else's lock passes; this will not, and nobody would look for the keep.spool. */
	if (work->error != TRACE_OK && work->error != TRACE_BUSY)
		keep.host.trouble("what was recorded stays in its spool:", failure.text, 0);
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Moves into the trace what is in the spool now, unless somebody is at it, or it is left.  True: nothing of it is left.
 */
static bool drain_now(uint32_t thread, int wait_ms, bool may_leave)
{
	if (atomic_exchange(&draining, true))
		return false;
	if (!lock_take(&keep.lock, thread)) {
		atomic_store(&draining, false);
		return false;
	}
	keep.spool.drain_until = again_seal(&keep.again);
	lock_give(&keep.lock);
	atomic_store_explicit(&drain_began, now_ms(), memory_order_relaxed);
	struct drain_work work = {.wait_ms = wait_ms, .may_leave = may_leave};
	keep.host.calmly(drain_calmly, &work);
	atomic_store(&draining, false);
	return !work.has_left && work.error == TRACE_OK;
}

/* And what follows from it for the events to come. */
void keep_drain(uint32_t thread)
{
	if (!drain_now(thread, 0, false) || !lock_take(&keep.lock, thread))
		return;
	next_drain = atomic_load_explicit(&keep.spool.header->tail, memory_order_relaxed) + DRAIN_EVENTS;
	lost = 0;
	lock_give(&keep.lock);
}

static bool is_draining(void)
{
	return atomic_load_explicit(&draining, memory_order_relaxed) && !never_drains;
}

void keep_stand_back(void)
{
	uint64_t undrained =
		spool_head(keep.spool.header) - atomic_load_explicit(&keep.spool.header->tail, memory_order_relaxed);
	if (undrained > BEHIND_EVENTS && is_draining() &&
		now_ms() - atomic_load_explicit(&drain_began, memory_order_relaxed) < BEHIND_MS)
		lock_sleep((unsigned)(undrained / BEHIND_EVENTS));
}

/* --- the spool --- */

/* Where there is room. */
static int add(const struct event *event)
{
	return again_add(&keep.again, event) ? 0 : spool_append(&keep.spool, event);
}

struct append_work {
	const struct event *event;
	int error;
};

static void append_calmly(void *closure)
{
	struct append_work *work = closure;
	work->error = spool_make_room(&keep.spool);
	if (work->error == 0)
		work->error = add(work->event);
}

/* Whether the system is asked for more room; where there was none, that is done for some events only. */
static bool asks_for_room(void)
{
	return lost % RETRY_EVENTS == 0;
}

/* Growing the spool makes system calls, so an event that needs room goes in calmly.  0, or why it did not. */
static int put(const struct event *event)
{
	if (!spool_is_full(&keep.spool))
		return add(event);
	if (spool_has_drained(&keep.spool)) {
		int error = spool_make_room(&keep.spool);
		return error == 0 ? add(event) : error;
	}
	struct append_work work = {.event = event, .error = lost_why};
	if (asks_for_room())
		keep.host.calmly(append_calmly, &work);
	return work.error;
}

static uint64_t drained(void)
{
	return atomic_load_explicit(&keep.spool.header->tail, memory_order_relaxed);
}

/* What became of the event; the lock is held.  `has_room`: others took what there was.  *ret_is_due: a drain is due. */
static void count(const struct event *event, int error, bool has_room, bool *ret_is_due)
{
	if (error != 0)
		spool_lose(&keep.spool, 1, (uint32_t)-error);
	else if (event->stack == 0)
		atomic_fetch_add_explicit(&keep.spool.header->unplaced, 1, memory_order_relaxed);
	lost = error != 0 && !has_room ? lost + 1 : 0;
	lost_why = error;
	uint64_t so_far = spool_head(keep.spool.header) + lost;
	*ret_is_due = so_far >= next_drain;
	if (*ret_is_due)
		next_drain = so_far + RETRY_EVENTS;
	/* Until then there is room, no drain is due, and nobody has to stand back. */
	uint64_t until = drained() + BEHIND_EVENTS;
	until = until < next_drain ? until : next_drain;
	until = until < keep.spool.event_room - SPOOL_ENDS ? until : keep.spool.event_room - SPOOL_ENDS;
	keep.plain_until = lost == 0 && !keep.has_ended ? until - 1 : 0;
}

/*
 * A spool that cannot grow has room again when it has been drained: by this thread, or by the one that is at it, which
 * is given a moment.  False: it was not.
 */
static bool make_room(uint32_t thread, int *sleeps)
{
	uint64_t before = drained();
	keep_drain(thread);
	for (; *sleeps < ROOM_SLEEPS && is_draining(); (*sleeps)++)
		lock_sleep(1);
	return drained() != before;
}

int keep_append(const struct event *event, uint32_t thread, bool *ret_is_due)
{
	keep.spool.spares_disk = true;
	int error = put(event);
	bool has_room = asks_for_room();
	/* Other threads may be faster to take the room that was made. */
	for (int sleeps = 0, tries = 0; error != 0 && has_room && tries < ROOM_TRIES; tries++) {
		lock_give(&keep.lock);
		has_room = make_room(thread, &sleeps);
		if (!lock_take(&keep.lock, thread)) {
			spool_lose(&keep.spool, 1, LOSS_BUSY);
			return -LOSS_BUSY;
		}
		/* What could not be drained is worth the last of the disk. */
		keep.spool.spares_disk = has_room;
		error = keep.has_ended ? 0 : put(event);
	}
	count(event, error, has_room, ret_is_due);
	lock_give(&keep.lock);
	return error;
}

void keep_end(const struct event *event, enum drain_setting asked, uint64_t missed)
{
	spool_lose(&keep.spool, missed, LOSS_EARLY);
	/* The spool keeps room for it. */
	int error = spool_append(&keep.spool, event);
	if (error != 0)
		spool_lose(&keep.spool, 1, (uint32_t)-error);
	/* After the drain below the spool is gone: whatever other threads still do would be lost unseen. */
	keep.has_ended = asked != DRAIN_LATER;
	keep.plain_until = 0;
	lock_give(&keep.lock);
	if (asked != DRAIN_LATER && error == 0 && drain_now(event->thread, EXIT_WAIT_MS, asked == DRAIN_MUCH))
		unlink(keep.spool.path);
}
