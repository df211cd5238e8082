// SPDX-License-Identifier: PostgreSQL
/*
 * walk.h - the stack of a thread that runs a script, with the script's frames.
 *
 * Owns the walks through interpreters, and gives the languages their side of
 * them (script.h).  Called without the recorder's lock, which is taken for the
 * moments of interning; so a walk may wait for an interpreter's lock, and
 * whoever has that may wait for ours.  A thread that is walking already (its
 * interpreter called libpq meanwhile, or a signal's handler did) never walks
 * again.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_WALK_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_WALK_H

#include <stdbool.h>

#include "preload/process/recorder.h"
#include "preload/recorder/stacks/lock.h"
#include "preload/recorder/stacks/stack.h"
#include "trace/base/event.h"

/* Begins anew: this is a new process. */
void walk_reset(struct recorder_lock *lock, const struct recorder_settings *settings);

enum walk_recall {
	WALK_RECALLED, /* the number is known */
	WALK_ONCE,     /* it will be after a walk */
	WALK_DEAR,     /* each event needs one */
};

/*
 * Whether the stack with that number and marks was walked before, with the frames that its scripts have now: then it
 * sets the number of both.  The lock is held.
 */
enum walk_recall walk_recall(uint32_t stack, uint32_t unloads, uint32_t thread, uint32_t *ret_number);

/* The number of the stack with the frames of its scripts; without any, or without room, the native stack's own. */
uint32_t walk_stack(const struct stack *stack, uint32_t thread);

/* --- which events want the frames of the script that called: wants-script.c --- */

/* Forgets everything: this is a new process. */
void wants_script_reset(void);

/*
 * Whether the event wants them even where each walk is dear.  To be asked once about each event of a thread that runs a
 * script, in their order.
 */
bool wants_script(const struct event *event);

#endif
