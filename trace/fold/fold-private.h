// SPDX-License-Identifier: PostgreSQL
/*
 * fold-private.h - what the files of the fold ask of each other.
 *
 * Functions that can run out of memory say so with NULL or false.  Pointers to items are valid until the next item of
 * that kind is added.
 */
#ifndef PQLEAK_TRACE_FOLD_FOLD_PRIVATE_H
#define PQLEAK_TRACE_FOLD_FOLD_PRIVATE_H

#include "trace/base/libpq-status.h"
#include "trace/fold/fold.h"
#include "trace/spool/spool.h"

/* --- of an event --- */

static inline uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Whether it tells its connection's PQtransactionStatus: others may pass through on any connection. */
static inline bool tells_transaction(const struct event *event)
{
	return event->kind == KIND_CONNECTION || event->kind == KIND_RESULT;
}

static inline bool is_copy_result(const struct event *event)
{
	return event->kind == KIND_RESULT && result_is_copy(event->status);
}

/* How a result counts that had this status. */
static inline enum fold_outcome result_outcome(uint8_t status)
{
	return result_is_failed(status) ? OUTCOME_FAILED : OUTCOME_NONE;
}

/* How long the call itself took, as far as it says. */
static inline uint64_t busy_ns(const struct event *event)
{
	if (event->kind == KIND_RESULT)
		return (event->duration >> EVENT_BYTES_BITS) * 1000000;
	return event->kind == KIND_CONNECTION && event->verb == EVENT_USE ? event->duration : 0;
}

/* --- the fold's memory: fold-store.c --- */

/* A new live connection at an address where none is; all but its address is zero. */
struct fold_connection *store_add_connection(struct fold *fold, uint64_t address);

/* The live connection at `address`, or NULL. */
struct fold_connection *store_find_connection(struct fold *fold, uint64_t address);

static inline uint32_t store_connection_index(const struct fold *fold, const struct fold_connection *connection)
{
	return (uint32_t)(connection - (struct fold_connection *)fold->connections.items);
}

/* Puts it on the list of those to save, once. */
bool store_touch(struct fold *fold, struct fold_connection *connection);

/* It is live no more; it stays on the list of those to save. */
void store_release_connection(struct fold *fold, struct fold_connection *connection);

/* A new live resource, on the list of those without a row; only its kind and address are set. */
struct fold_resource *store_add_resource(struct fold *fold, enum resource_kind kind, uint64_t address, uint32_t owner);

/* Whether resources of that kind are in live_resources; others are found through their connection only. */
static inline bool store_is_keyed(enum resource_kind kind)
{
	return kind_key(kind) != BY_STATE;
}

/* The key in live_resources.  Two may share one; whoever looks up checks the item. */
static inline uint64_t store_key(enum resource_kind kind, uint64_t address, uint32_t owner)
{
	if (kind == KIND_RESULT)
		return address;
	uint64_t key = address ^ (uint64_t)kind << 58;
	if (owner != 0)
		key ^= (uint64_t)owner * 0xd6e8feb86659fd93u;
	return key != 0 ? key : 1;
}

/* Index of whatever a new resource would take the place of, or 0. */
static inline uint32_t store_find_occupant(const struct fold *fold, enum resource_kind kind, uint64_t address,
										   uint32_t owner)
{
	const uint32_t *index = map_find(&fold->live_resources, store_key(kind, address, owner));
	return index != NULL ? *index : 0;
}

/*
 * Index of the live resource of that kind at `address`, or 0; `owner` is the connection's index for kinds that are
 * numbered within it, else 0.
 */
static inline uint32_t store_find_resource(const struct fold *fold, enum resource_kind kind, uint64_t address,
										   uint32_t owner)
{
	uint32_t index = store_find_occupant(fold, kind, address, owner);
	const struct fold_resource *resource = fold_resource(fold, index);
	bool is_it = resource->kind == kind && resource->address == address && (owner == 0 || resource->owner == owner);
	return is_it ? index : 0;
}

/* Drops a live resource, out of its chain too; if it has a row, that is to be deleted. */
bool store_remove_resource(struct fold *fold, uint32_t index);

/* Puts a resource at the end of its connection's chain. */
void store_chain(struct fold *fold, struct fold_connection *connection, struct fold_resource *resource);

/* --- what is only counted, and what is remembered of what was given back: fold-count.c --- */

/* Counts one matched acquire and release that came to this end; the result is valid until the next, NULL when memory is
 * short. */
struct fold_pair *count_pair(struct fold *fold, enum resource_kind kind, enum fold_outcome outcome,
							 uint32_t acquire_stack, uint32_t release_stack, uint64_t hold_ns);

/* The same of so many. */
struct fold_pair *count_pairs(struct fold *fold, enum resource_kind kind, enum fold_outcome outcome,
							  uint32_t acquire_stack, uint32_t release_stack, uint64_t count, uint64_t total_ns,
							  uint64_t longest_ns);

/*
 * Counts uses after which the connection lay idle and was used again: so many, by its use_stack.  Where such a use
 * ended a transaction, inside_stack was the last use in that.
 */
bool count_again(struct fold *fold, const struct fold_connection *connection, uint64_t count);

/* Counts a call that must not be; a program may make it again and again, and equal ones that follow each other are one
 * item. */
bool count_misuse(struct fold *fold, enum misuse_kind kind, const struct event *event, uint32_t acquire_stack,
				  uint32_t release_stack, int64_t connection);

/* Remembers what was given back at an address; false when memory is short. */
bool past_remember(struct fold_past **table, const struct fold_past *past);

/* What was given back there last; NULL: nothing known. */
const struct fold_past *past_recall(const struct fold_past *table, uint64_t address);

/* --- the most that a stack had open at once: fold-pile.c --- */

/* One more of that kind is open; what it counts in, which may be 0: nothing. */
uint32_t pile_add(struct fold *fold, enum resource_kind kind, uint32_t stack, uint64_t now);

/* It is no more. */
void pile_remove(struct fold *fold, uint32_t number);

/* --- what a connection holds and takes with it when it ends: fold-held.c --- */

/* Fills in what an event says of a new resource; `connection` may be NULL. */
void held_describe(struct fold *fold, struct fold_resource *resource, const struct fold_connection *connection,
				   const struct event *event, uint64_t now);

/* Whether it holds anything that a use can end. */
static inline bool held_is_any(const struct fold_connection *connection)
{
	const struct chain *held = connection->held;
	return (held[KIND_TRANSACTION].first | held[KIND_QUERY].first | held[KIND_COPY].first |
			held[KIND_LARGE_OBJECT].first | connection->unlisted_queries) != 0;
}

/* Whether the server is at work for it, or in a COPY. */
static inline bool held_is_waiting(const struct fold_connection *connection)
{
	return connection->held[KIND_QUERY].first != 0 || connection->held[KIND_COPY].first != 0 ||
		   connection->unlisted_queries != 0;
}

/* Whether a use can change anything of what its connection holds; of most it cannot. */
static inline bool held_is_concerned(const struct fold_connection *connection, const struct event *event)
{
	return held_is_any(connection) || (event->flags & EVENT_IS_SEND) || is_copy_result(event) ||
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

/* --- connections: how they come, are used, and go: fold-connection.c --- */

bool fold_connection_event(struct fold *fold, const struct event *event);

/*
 * The live connection at `address`.  NULL in *ret when we know of none.  One that was finished is misused then; in a
 * forked process it is otherwise the parent's, and gets a row of its own.
 */
bool connection_find(struct fold *fold, uint64_t address, const struct event *event, struct fold_connection **ret);

/* When it was used last, or else since when it could be. */
static inline uint64_t connection_last_use(const struct fold_connection *connection)
{
	return later(connection->used, connection->acquired + connection->connect_ns);
}

/*
 * A statement is sent.  A connection's turn is what it sends while no other one does, and none is opened.  What was its
 * last use before the turn is kept, because only names tell later that the turn was the work of an end: of the process,
 * of a thread, of garbage.  True: the connection is used again after a use that had left it idle.
 */
static inline bool connection_note_sent(struct fold *fold, struct fold_connection *connection)
{
	if (connection->use_stack != 0 && fold->turn != connection->row) {
		connection->before = connection->used;
		connection->before_event = connection->last_event;
		connection->before_stack = connection->use_stack;
		connection->before_thread = connection->use_thread;
		connection->before_transaction = connection->transaction;
	}
	fold->turn = connection->row;
	return connection->use_stack != 0 && connection->transaction == TRANSACTION_IDLE &&
		   connection->state == STATE_CONNECTED;
}

/* The use before a statement that may end a transaction. */
static inline void connection_note_inside(struct fold_connection *connection)
{
	connection->inside_stack = connection->transaction != TRANSACTION_IDLE ? connection->use_stack : 0;
}

/* What every use leaves at the connection itself.  Returns when that was. */
static inline uint64_t connection_set_use(struct fold_connection *connection, const struct event *event)
{
	/* Uses are stamped by a coarse clock: never before the connection was there, never back in time. */
	uint64_t now = later(event->time, connection_last_use(connection));
	connection->used = now;
	connection->use_function = blob_number(event->function);
	connection->use_stack = blob_number(event->stack);
	if (event->thread != 0 && connection->use_thread != event->thread) {
		connection->moves += connection->use_thread != 0;
		connection->use_thread = event->thread;
	}
	connection->is_used = true;
	if (event->flags & EVENT_IS_QUERY)
		connection->queries++;
	if (tells_transaction(event)) {
		connection->transaction = event->transaction;
		if (event->value != 0 || event->text != 0)
			connection->statement = (struct statement){event->value, blob_number(event->text)};
	}
	return now;
}

/*
 * An escape or a cancel handle takes nothing from the session.  All else does, and in a forked process takes it from
 * the parent: whether that still needed it, the trace's view inheritance finds out.
 */
bool connection_note_session(struct fold *fold, struct fold_connection *connection, const struct event *event);

/* The event used the connection. */
bool connection_note_use(struct fold *fold, struct fold_connection *connection, const struct event *event);

/* What comes next, as many as go together: fold-cycle.c. */
bool fold_some(struct fold *fold, const struct event *event, size_t left, size_t *ret_count);

#endif
