// SPDX-License-Identifier: PostgreSQL
/*
 * fold-cycle.c - events that follow each other, and those folded at once that a program makes again and again.
 *
 * Nearly all a program does is to ask, to take the result, and to clear it.
 * What such events leave is the same as if each were folded by itself; but
 * that would make, chain and index what is gone with the next event.  Called by
 * fold-again.c.  Owns no rule: a unit test holds it against fold_event.
 */
#include "trace/fold/fold-private.h"

/* A result that was acquired and released, and between them perhaps a use. */
static bool count_result(struct fold *fold, const struct fold_connection *connection, const struct event *acquired,
						 const struct event *released)
{
	uint32_t stack = blob_number(acquired->stack), release_stack = blob_number(released->stack);
	uint64_t since = connection != NULL ? later(acquired->time, connection->acquired) : acquired->time;
	struct fold_past past = {acquired->object, connection != NULL ? connection->row : 0, fold->position, stack,
							 release_stack};
	return past_remember(&fold->cleared, &past) &&
		   count_pair(fold, KIND_RESULT, result_outcome(acquired->status), stack, release_stack,
					  later(released->time, since) - since) != NULL;
}

static inline bool is_acquired(const struct event *event)
{
	return event->kind == KIND_RESULT && event->verb == EVENT_ACQUIRE && event->object != 0;
}

static inline bool is_released(const struct event *event, uint64_t object)
{
	return event->kind == KIND_RESULT && event->verb == EVENT_RELEASE && event->object == object;
}

static inline bool is_use(const struct event *event, uint64_t connection)
{
	return event->kind == KIND_CONNECTION && event->verb == EVENT_USE && event->object == connection;
}

/* Two events: a result that is cleared at once.  *ret_count stays 0 when they are something else. */
static bool fold_pair(struct fold *fold, const struct event *event, size_t *ret_count)
{
	struct fold_connection *connection = NULL;
	if (!is_acquired(event) || !is_released(event + 1, event->object) ||
		store_find_occupant(fold, KIND_RESULT, event->object, 0) != 0)
		return true;
	*ret_count = 2;
	if (event->parent != 0 && !connection_find(fold, event->parent, event, &connection))
		return false;
	if (connection != NULL && !connection_note_use(fold, connection, event))
		return false;
	return count_result(fold, connection, event, event + 1);
}

/*
 * Four events: a statement that was sent, its only result, the NULL after that, and the result's release, which may
 * have come before the NULL.  Only where nothing else is held.
 */
static bool fold_sent(struct fold *fold, const struct event *event, size_t *ret_count)
{
	const struct event *result = event + 1, *end, *released;
	if (event->flags != (EVENT_IS_QUERY | EVENT_IS_SEND) || !is_use(event, event->object) || !is_acquired(result) ||
		result->parent != event->object || result->flags != 0 ||
		(result->status != RESULT_TUPLES_OK && result->status != RESULT_COMMAND_OK))
		return true;
	end = is_use(event + 2, event->object) ? event + 2 : event + 3;
	released = is_released(event + 2, result->object) ? event + 2 : event + 3;
	if (end == released || !is_use(end, event->object) || !is_released(released, result->object) ||
		end->flags != EVENT_IS_DRAINED || transaction_is_open(event->transaction) ||
		transaction_is_open(result->transaction) || transaction_is_open(end->transaction) ||
		store_find_occupant(fold, KIND_RESULT, result->object, 0) != 0)
		return true;
	struct fold_connection *connection = store_find_connection(fold, event->object);
	if (connection == NULL || connection->state == STATE_INHERITED || held_is_any(connection))
		return true;
	*ret_count = 4;
	if (!store_touch(fold, connection))
		return false;
	if (connection_note_sent(fold, connection) && !count_again(fold, connection, 1))
		return false;
	connection_note_inside(connection);
	uint64_t sent = connection_set_use(connection, event);
	connection_set_use(connection, result);
	uint64_t now = connection_set_use(connection, end);
	connection->last_event = fold->position + (uint64_t)(end - event);
	/* In the order in which they end. */
	if (released < end && !count_result(fold, connection, result, released))
		return false;
	if (count_pair(fold, KIND_QUERY, OUTCOME_NONE, blob_number(event->stack), blob_number(end->stack), now - sent) ==
		NULL)
		return false;
	return released < end || count_result(fold, connection, result, released);
}

bool fold_some(struct fold *fold, const struct event *event, size_t left, size_t *ret_count)
{
	*ret_count = 0;
	if (left >= 4 && !fold_sent(fold, event, ret_count))
		return false;
	if (*ret_count == 0 && left >= 2 && !fold_pair(fold, event, ret_count))
		return false;
	if (*ret_count != 0)
		return true;
	*ret_count = 1;
	return fold_event(fold, event);
}
