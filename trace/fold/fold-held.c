// SPDX-License-Identifier: PostgreSQL
/*
 * fold-held.c - what a connection holds and takes with it when it ends.
 *
 * Owns the rules for prepared statements and large objects, and for transactions, queries in flight and COPY.  No call
 * of their own acquires or releases these three: each use says what state it left the connection in, and here that is
 * made into holds.
 */
#include "trace/fold/fold-private.h"

#define MOST_QUERIES 64 /* of a pipeline that are remembered one by one */

void held_describe(struct fold *fold, struct fold_resource *resource, const struct fold_connection *connection,
				   const struct event *event, uint64_t now)
{
	resource->connection = connection != NULL ? connection->row : 0;
	resource->acquired = now;
	resource->statement = (struct statement){0};
	resource->bytes = 0;
	resource->rows = 0;
	resource->thread = event->thread;
	resource->function = blob_number(event->function);
	resource->stack = blob_number(event->stack);
	resource->status = 0;
	resource->use_stack = resource->stack;
	resource->idle_stack = 0;
	resource->used = now;
	resource->idle_ns = 0;
	resource->pile = pile_add(fold, resource->kind, resource->stack, now);
}

static bool begin(struct fold *fold, enum resource_kind kind, struct fold_connection *connection,
				  const struct event *event, uint64_t now)
{
	struct fold_resource *resource = store_add_resource(fold, kind, connection->address, 0);
	if (resource == NULL)
		return false;
	held_describe(fold, resource, connection, event, now);
	resource->statement = connection->statement;
	store_chain(fold, connection, resource);
	return true;
}

/* Releases one; with `event` NULL nobody saw how. */
static bool end(struct fold *fold, uint32_t index, const struct event *event, uint64_t now)
{
	const struct fold_resource *resource = fold_resource(fold, index);
	if (event != NULL) {
		struct fold_pair *pair =
			count_pair(fold, resource->kind, OUTCOME_NONE, resource->stack, blob_number(event->stack),
					   later(now, resource->acquired) - resource->acquired);
		if (pair == NULL)
			return false;
		if (resource->idle_ns > pair->longest_idle_ns) {
			pair->longest_idle_ns = resource->idle_ns;
			pair->idle_stack = resource->idle_stack;
		}
	}
	return store_remove_resource(fold, index);
}

static bool end_all(struct fold *fold, struct fold_connection *connection, enum resource_kind kind,
					const struct event *event, uint64_t now)
{
	uint32_t first;
	while ((first = connection->held[kind].first) != 0)
		if (!end(fold, first, event, now))
			return false;
	return true;
}

bool held_release_all(struct fold *fold, struct fold_connection *connection, const struct event *event, uint64_t now)
{
	connection->unlisted_queries = 0;
	for (enum resource_kind kind = KIND_NONE; kind < KIND_COUNT; kind++)
		if (connection->held[kind].first != 0 && !end_all(fold, connection, kind, event, now))
			return false;
	return true;
}

static bool note_copy(struct fold *fold, struct fold_connection *connection, const struct event *event, uint64_t now)
{
	bool is_open = connection->held[KIND_COPY].first != 0;
	bool is_query = event->flags & EVENT_IS_QUERY;
	bool is_copy = is_copy_result(event);
	/* PQgetResult tells again and again of a COPY that goes on. */
	bool ends = event->kind == KIND_RESULT || (is_query && !(event->flags & EVENT_IS_SEND)) ||
				(event->flags & EVENT_IS_DRAINED);
	if (is_open && is_copy && !is_query)
		return true;
	if (is_open && ends && !end_all(fold, connection, KIND_COPY, event, now))
		return false;
	if (!is_copy)
		return true;
	if (!begin(fold, KIND_COPY, connection, event, now))
		return false;
	/* What was sent before began it, not the fetch that tells of it. */
	if (!is_query && connection->held_queries == 1) {
		struct fold_resource *copy = fold_resource(fold, connection->held[KIND_COPY].first);
		const struct fold_resource *query = fold_resource(fold, connection->held[KIND_QUERY].first);
		copy->stack = query->stack;
		copy->function = query->function;
		copy->acquired = query->acquired;
	}
	return true;
}

/* A result that may be a query's last one. */
static bool answers(const struct event *event)
{
	return event->kind == KIND_RESULT && (event->status == RESULT_COMMAND_OK || event->status == RESULT_TUPLES_OK ||
										  event->status == RESULT_FATAL_ERROR);
}

static bool note_query(struct fold *fold, struct fold_connection *connection, const struct event *event, uint64_t now)
{
	if (event->flags & EVENT_IS_SEND) {
		if (connection->held_queries < MOST_QUERIES && connection->unlisted_queries == 0)
			return begin(fold, KIND_QUERY, connection, event, now);
		connection->unlisted_queries++;
		return true;
	}
	if (!(event->flags & EVENT_IS_DRAINED)) {
		if (answers(event) && connection->held[KIND_QUERY].first != 0)
			fold_resource(fold, connection->held[KIND_QUERY].first)->status = event->status;
		return true;
	}
	if (!(event->flags & EVENT_IN_PIPELINE)) {
		connection->unlisted_queries = 0;
		return end_all(fold, connection, KIND_QUERY, event, now);
	}
	if (event->flags & EVENT_IS_QUERY)
		return true; /* libpq refuses to wait for one query of a pipeline: none has ended */
	if (connection->held[KIND_QUERY].first != 0)
		return end(fold, connection->held[KIND_QUERY].first, event, now);
	if (connection->unlisted_queries > 0)
		connection->unlisted_queries--;
	return true;
}

/* A transaction's time since its last use was idle unless the server was at work for it. */
static void note_gap(struct fold_resource *transaction, const struct event *event, uint64_t now, bool was_waiting,
					 bool is_unsure)
{
	uint64_t end = now - (busy_ns(event) < now ? busy_ns(event) : now);
	if (!was_waiting && !is_unsure && end > transaction->used && end - transaction->used > transaction->idle_ns) {
		transaction->idle_ns = end - transaction->used;
		transaction->idle_stack = transaction->use_stack;
	}
	transaction->used = later(now, transaction->used);
	transaction->use_stack = blob_number(event->stack);
}

static bool note_transaction(struct fold *fold, struct fold_connection *connection, const struct event *event,
							 uint64_t now, bool was_waiting)
{
	uint32_t open = connection->held[KIND_TRANSACTION].first;
	if (open != 0)
		note_gap(fold_resource(fold, open), event, now, was_waiting, fold->has_lost);
	if (!tells_transaction(event))
		return true;
	if (transaction_is_open(event->transaction))
		return open != 0 || begin(fold, KIND_TRANSACTION, connection, event, now);
	if (!transaction_is_over(event->transaction))
		return true;
	return end_all(fold, connection, KIND_TRANSACTION, event, now) &&
		   end_all(fold, connection, KIND_LARGE_OBJECT, event, now);
}

bool held_note_use(struct fold *fold, struct fold_connection *connection, const struct event *event, uint64_t now)
{
	bool was_waiting = held_is_waiting(connection);
	return note_copy(fold, connection, event, now) && note_query(fold, connection, event, now) &&
		   note_transaction(fold, connection, event, now, was_waiting);
}

/* Nothing runs any more where just the last NULL of PQgetResult was not fetched; and a COPY is told as such. */
static bool is_running(const struct fold *fold, const struct fold_connection *connection, const struct event *event)
{
	uint32_t query = connection->held[KIND_QUERY].first;
	return event->transaction == TRANSACTION_ACTIVE && connection->held[KIND_COPY].first == 0 && query != 0 &&
		   fold_resource(fold, query)->status == 0;
}

bool held_note_finish(struct fold *fold, struct fold_connection *connection, const struct event *event, uint64_t now)
{
	static const struct {
		enum resource_kind kind;
		enum misuse_kind misuse;
	} rules[] = {
		{KIND_TRANSACTION, MISUSE_FINISHED_IN_TRANSACTION},
		{KIND_QUERY, MISUSE_FINISHED_WITH_QUERY},
		{KIND_COPY, MISUSE_FINISHED_IN_COPY},
	};
	if (!note_transaction(fold, connection, event, now, held_is_waiting(connection)))
		return false;
	if (event->transaction == TRANSACTION_UNKNOWN)
		return true; /* the session was gone already, and nothing with it */
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		uint32_t open = connection->held[rules[i].kind].first;
		if (rules[i].kind == KIND_QUERY && !is_running(fold, connection, event))
			continue;
		if (open != 0 &&
			!count_misuse(fold, rules[i].misuse, event, fold_resource(fold, open)->stack, 0, connection->row))
			return false;
	}
	return true;
}

static bool acquire(struct fold *fold, struct fold_connection *connection, const struct event *event, uint64_t now)
{
	uint32_t owner = store_connection_index(fold, connection);
	/* What is prepared anew under the same name takes its place. */
	uint32_t known = store_find_occupant(fold, event->kind, event->object, owner);
	if (known != 0 && !store_remove_resource(fold, known))
		return false;
	struct fold_resource *resource = store_add_resource(fold, event->kind, event->object, owner);
	if (resource == NULL)
		return false;
	held_describe(fold, resource, connection, event, now);
	resource->statement = (struct statement){event->value, blob_number(event->text)};
	store_chain(fold, connection, resource);
	return true;
}

bool held_event(struct fold *fold, struct fold_connection *connection, const struct event *event)
{
	uint64_t now = later(event->time, connection->used);
	if (event->verb == EVENT_ACQUIRE)
		return event->object == 0 || acquire(fold, connection, event, now);
	if (event->object == 0)
		return end_all(fold, connection, event->kind, event, now);
	/* What was not seen to begin was begun in SQL, or has ended with its transaction. */
	uint32_t known = store_find_resource(fold, event->kind, event->object, store_connection_index(fold, connection));
	return known == 0 || end(fold, known, event, now);
}
