// SPDX-License-Identifier: PostgreSQL
/*
 * fold-held.h - what a connection holds and takes with it when it ends.
 *
 * Owns the rules for prepared statements and large objects, and for
 * transactions, queries in flight and COPY.  No call of their own acquires or
 * releases these three: each use says what state it left the connection in, and
 * here that is made into holds.  Private to the fold.  False when memory is
 * short, but for held_is_concerned.
 */
#ifndef PQLEAK_TRACE_FOLD_FOLD_HELD_H
#define PQLEAK_TRACE_FOLD_FOLD_HELD_H

#include "trace/fold/fold-event.h"
#include "trace/fold/fold.h"

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

#endif
