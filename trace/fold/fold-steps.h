// SPDX-License-Identifier: PostgreSQL
/*
 * fold-steps.h - the steps of the fold, as its files call each other.
 *
 * Private to the fold.  fold.c takes an event apart and knows what has an
 * address of its own; fold-connection.c connections; fold-held.c what ends with
 * a connection; fold-misuse.c calls that must not be.  Functions that return
 * bool say false when memory is short.
 */
#ifndef PQLEAK_TRACE_FOLD_FOLD_STEPS_H
#define PQLEAK_TRACE_FOLD_FOLD_STEPS_H

#include "trace/base/libpq-status.h"
#include "trace/fold/fold-store.h"
#include "trace/spool/spool.h"

/* A blob's number as the event has it, or 0 if there cannot be such a blob. */
static inline uint32_t blob_number(uint32_t number)
{
	const uint32_t most = SPOOL_BLOB_SEGMENTS * (SPOOL_SEGMENT_BYTES / sizeof(struct blob_header));
	return number <= most ? number : 0;
}

static inline uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Whether the event tells the connection's PQtransactionStatus: others may pass through on any connection. */
static inline bool tells_transaction(const struct event *event)
{
	return event->kind == KIND_CONNECTION || event->kind == KIND_RESULT;
}

static inline bool is_copy_result(const struct event *event)
{
	return event->kind == KIND_RESULT && result_is_copy(event->status);
}

/* --- fold-connection.c --- */

bool fold_connection_event(struct fold *fold, const struct event *event);

/*
 * The live connection at `address`.  NULL in *ret when we know of none.  One that was finished is misused then; in a
 * forked process it is otherwise the parent's, and gets a row of its own.
 */
bool connection_find(struct fold *fold, uint64_t address, const struct event *event, struct fold_connection **ret);

/* The event used the connection. */
bool connection_note_use(struct fold *fold, struct fold_connection *connection, const struct event *event);

/* --- fold-held.c: transactions, queries, COPY, prepared statements, large objects --- */

/* Fills in what an event says of a new resource; `connection` may be NULL. */
void held_describe(struct fold_resource *resource, const struct fold_connection *connection, const struct event *event,
				   uint64_t now);

/* Whether a use can change anything of what its connection holds; of most it cannot. */
static inline bool held_is_concerned(const struct fold_connection *connection, const struct event *event)
{
	const struct chain *held = connection->held;
	uint32_t any = held[KIND_TRANSACTION].first | held[KIND_QUERY].first | held[KIND_COPY].first |
				   held[KIND_LARGE_OBJECT].first | connection->unlisted_queries;
	return any != 0 || (event->flags & EVENT_IS_SEND) || is_copy_result(event) ||
		   (tells_transaction(event) && transaction_is_open(event->transaction));
}

/* What a use at `now` begins and ends. */
bool held_note_use(struct fold *fold, struct fold_connection *connection, const struct event *event, uint64_t now);

/* A prepared statement or large object of this connection is acquired or released. */
bool held_event(struct fold *fold, struct fold_connection *connection, const struct event *event);

/* The connection is about to be finished: notes what must not be open then. */
bool held_note_finish(struct fold *fold, struct fold_connection *connection, const struct event *event, uint64_t now);

/* Ends all that the connection holds; with `event` NULL nobody saw how, and nothing is counted. */
bool held_release_all(struct fold *fold, struct fold_connection *connection, const struct event *event, uint64_t now);

/* --- fold-misuse.c --- */

bool misuse_note(struct fold *fold, enum misuse_kind kind, const struct event *event, uint32_t acquire_stack,
				 uint32_t release_stack, int64_t connection);

#endif
