// SPDX-License-Identifier: PostgreSQL
/*
 * note.h - what the verbs share: completing an event and handing it to the recorder.
 *
 * Owns the numbers of the functions' names.  Used by verbs-*.c; shim.c has the
 * names interned when recording begins.  May change errno.
 */
#ifndef PQLEAK_PRELOAD_CALLS_NOTE_H
#define PQLEAK_PRELOAD_CALLS_NOTE_H

#include <libpq-fe.h>
#include <stddef.h>

#include "preload/calls/call.h"
#include "preload/libpq/libpq.h"
#include "preload/process/process.h"

/* The interned names of the wrapped functions. */
extern uint16_t note_functions[HOOK_COUNT];

/* Interns them, before the first event. */
void note_function_names(void);

/* Completes the event with its thread and function, and records it. */
static inline __attribute__((always_inline)) void note_event(const struct call *call, struct event *event)
{
	event->thread = call->thread;
	event->function = note_functions[call->hook];
	process_recorder->record(event, call->frame);
}

/* ns since the call began, where that was noted. */
static inline uint64_t note_elapsed(const struct call *call, uint64_t now)
{
	return call->began != 0 && now > call->began ? now - call->began : 0;
}

/* What the call has left of its connection: the transaction's state, and whether it is broken. */
static inline __attribute__((always_inline)) void note_connection(const struct call *call, PGconn *conn,
																  struct event *event)
{
	event->transaction = PQTRANS_UNKNOWN;
	if (conn == NULL)
		return;
	event->transaction = (uint8_t)ask_number(call->libpq, ACCESS_PQtransactionStatus, conn, PQTRANS_UNKNOWN);
	/* Only of a connection that is not there the transaction is unknown. */
	if (event->transaction == PQTRANS_UNKNOWN &&
		ask_number(call->libpq, ACCESS_PQstatus, conn, CONNECTION_BAD) == CONNECTION_BAD)
		event->flags |= EVENT_IS_BROKEN;
}

#endif
