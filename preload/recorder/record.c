// SPDX-License-Identifier: PostgreSQL
/*
 * record.c - an event's way from the hook to where it is kept.
 *
 * Owns the recorder's interface (recorder.h).  Unwinds, looks into
 * interpreters and drains without the lock; only numbers and appends under
 * it.
 */
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "preload/elf/visibility.h"
#include "preload/process/recorder.h"
#include "preload/recorder/keep.h"
#include "preload/recorder/scripts/interpreter.h"
#include "preload/recorder/scripts/walk.h"
#include "preload/recorder/stacks/capture.h"
#include "preload/recorder/stacks/intern.h"
#include "preload/recorder/stacks/lock.h"
#include "preload/recorder/stacks/memo.h"
#include "preload/recorder/stacks/stack.h"
#include "trace/base/loss.h"
#include "trace/spool/spool-write.h"

static int start(const struct recorder_settings *asked)
{
	int error = capture_prepare(asked);
	if (error == 0)
		error = keep_start(asked);
	if (error != 0)
		return error;
	intern_reset(&keep.spool, asked->calmly);
	memo_reset();
	interpreter_reset(&keep.lock);
	wants_script_reset();
	walk_reset(&keep.lock, asked);
	return 0;
}

static void lose(void)
{
	spool_lose(&keep.spool, 1, LOSS_BUSY);
	keep.host.trouble("events are being lost", NULL, 0);
}

static void say_lost(int error)
{
	char words[160];
	loss_words((uint32_t)-error, words, sizeof words);
	keep.host.trouble("events are being lost:", words, 0);
}

/* Whether the stack is a new one; the lock is held. */
static bool is_new(struct stack *stack)
{
	return !keep.has_ended && !stack_find(stack);
}

/*
 * Sets the event's stack: the one with the lines of the scripts in it, where these were walked before.  Whether a walk
 * through them is wanted: asked once about each event; the lock is held.
 */
__attribute__((noinline)) static bool is_script_walk_wanted(uint32_t stack, uint32_t unloads, struct event *event)
{
	bool wants = wants_script(event);
	if (keep.host.lines == LINES_RARE && !wants)
		return false;
	enum walk_recall recall = walk_recall(stack, unloads, event->thread, &event->stack);
	return recall == WALK_ONCE || (recall == WALK_DEAR && (wants || keep.host.lines == LINES_ALL));
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
		lock_give(&keep.lock);
		stack_unwind(&stack);
		is_locked = lock_take(&keep.lock, thread);
		if (is_locked && is_new(&stack)) {
			lock_give(&keep.lock);
			uint32_t marks = interpreter_marks(stack.frames, stack.count, call->unloads, thread);
			is_locked = lock_take(&keep.lock, thread);
			if (is_locked)
				stack_add(&stack, marks);
		}
		wants_walk = is_locked && !keep.has_ended && is_walk_wanted(stack.number, call->unloads, event);
	}
	if (wants_walk) {
		lock_give(&keep.lock);
		event->stack = walk_stack(&stack, thread);
		is_locked = lock_take(&keep.lock, thread);
	}
	if (!is_locked) {
		lose();
		return;
	}
	bool is_due = false;
	int error = 0;
	if (keep.has_ended)
		lock_give(&keep.lock);
	else
		error = keep_append(event, thread, &is_due);

	stack_learn(&stack, &keep.lock, thread);
	if (error != 0)
		say_lost(error);
	if (is_due)
		keep_drain(thread);
	keep_stand_back();
}

static inline struct memo_call call_of(const struct event *event, const void *frame)
{
	return (struct memo_call){frame, event->function, atomic_load_explicit(keep.host.unloads, memory_order_relaxed)};
}

/*
 * The functions that follow hold the lock, and end with what gives it back.  Each is the last thing that the one before
 * it does, so that the first needs hardly a register: it is all that happens with most events.
 */

/* An event that may be counted. */
__attribute__((noinline)) static void record_again(const struct event *event, uint64_t word)
{
	if (!again_add(&keep.again, event))
		spool_put(&keep.spool, word, event);
	lock_give(&keep.lock);
}

/* An event's way whose stack is not at hand, or runs a script. */
__attribute__((noinline)) static void record_otherwise(struct event *event, const void *frame, uint32_t stack)
{
	const struct memo_call call = call_of(event, frame);
	bool is_again = false;
	if (stack == 0)
		stack = memo_recall_slowly(&call, &is_again);
	bool wants_walk = is_walk_wanted(stack, call.unloads, event);
	uint64_t word = spool_head_word(&keep.spool);
	if (stack == 0 || wants_walk || !keep_is_plain(word))
		record_slowly(event, &call, stack, is_again, wants_walk);
	else
		record_again(event, word);
}

static inline __attribute__((always_inline)) void record_locked(struct event *event, const void *frame)
{
	const struct memo_call call = call_of(event, frame);
	uint32_t stack = memo_recall(&call);
	uint64_t word = spool_head_word(&keep.spool);
	if (__builtin_expect((stack & ~STACK_NUMBER) != 0 || stack == 0 || !keep_is_plain(word), 0)) {
		record_otherwise(event, frame, stack);
		return;
	}
	event->stack = stack;
	struct event *place = spool_place(&keep.spool, word & SPOOL_HEAD_MASK);
	if (again_may_end(event, place, word & SPOOL_HEAD_MASK)) {
		record_again(event, word);
		return;
	}
	spool_put_at(&keep.spool, place, word, event);
	lock_give(&keep.lock);
}

/* Another thread has the lock. */
__attribute__((noinline)) static void record_late(struct event *event, const void *frame)
{
	if (lock_take(&keep.lock, event->thread))
		record_locked(event, frame);
	else
		lose();
}

/* An event's way: for nearly all of them, a stack that is recognised and a place in the spool. */
static void record(struct event *event, const void *frame)
{
	if (lock_take_free(&keep.lock, event->thread, __builtin_frame_address(0)))
		record_locked(event, frame);
	else
		record_late(event, frame);
}

static uint32_t intern(uint32_t thread, enum blob_type type, const void *bytes, size_t length)
{
	if (!lock_take(&keep.lock, thread))
		return 0;
	uint32_t number = intern_blob(type, bytes, length);
	lock_give(&keep.lock);
	return number;
}

static void number_texts(uint32_t thread, const char *const texts[], size_t count, uint16_t *ret)
{
	if (!lock_take(&keep.lock, thread))
		return;
	for (size_t i = 0; i < count; i++)
		ret[i] = (uint16_t)intern_new(BLOB_TEXT, texts[i], strlen(texts[i]));
	lock_give(&keep.lock);
}

static void meet(uint32_t thread, const void *driver, const void *interpreter, uintptr_t stack)
{
	uint32_t unloads = atomic_load_explicit(keep.host.unloads, memory_order_relaxed);
	interpreter_meet(driver, interpreter, stack, unloads, thread);
}

static uint64_t id(void)
{
	return keep.spool.header->id;
}

static void leave_mark(int error)
{
	struct spool_header *header = keep.parents != NULL ? keep.parents : keep.spool.header;
	if (header != NULL)
		spool_mark_child(header, error);
}

static void end(uint32_t thread, enum process_end how, enum drain_setting drain, uint64_t missed)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	struct event event = {
		.verb = how == END_RUNNING ? EVENT_END_REVOKED : EVENT_END,
		.status = (uint8_t)how,
		.time = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
		.thread = thread,
	};
	if (!lock_take(&keep.lock, thread))
		return;
	keep_end(&event, drain, missed);
}

EXPORT const struct recorder pqleak_recorder = {
	.abi = RECORDER_ABI,
	.event_bytes = sizeof(struct event),
	.start = start,
	.record = record,
	.intern = intern,
	.number_texts = number_texts,
	.meet = meet,
	.id = id,
	.leave_mark = leave_mark,
	.is_within_wrapper = capture_is_within_wrapper,
	.end = end,
};
