// SPDX-License-Identifier: PostgreSQL
/*
 * fold.c - the state machine: one event at a time.
 *
 * Called by the drain for every event of every process, so each step is a few
 * look-ups and no allocation but to grow.  What the events mean is decided in
 * the fold's files and nowhere else; this one owns resources that have an
 * address of their own.
 */
#include "trace/fold/fold-private.h"

/* What lies at an address that is handed out again was released where we could not see it. */
static bool release_unseen(struct fold *fold, const struct event *event)
{
	uint32_t known = store_find_occupant(fold, event->kind, event->object, 0);
	if (known == 0)
		return true;
	fold->unseen_releases++;
	return store_remove_resource(fold, known);
}

static bool acquire(struct fold *fold, const struct event *event)
{
	struct fold_connection *connection = NULL;
	if (event->parent != 0 && !connection_find(fold, event->parent, event, &connection))
		return false;
	if (connection != NULL && !connection_note_use(fold, connection, event))
		return false;
	if (event->object == 0)
		return true; /* nothing was handed out, but the connection was used */
	if (!release_unseen(fold, event))
		return false;
	struct fold_resource *resource = store_add_resource(fold, event->kind, event->object, 0);
	if (resource == NULL)
		return false;
	held_describe(fold, resource, connection, event,
				  connection != NULL ? later(event->time, connection->acquired) : event->time);
	if (event->kind == KIND_RESULT) {
		resource->statement = (struct statement){event->value, blob_number(event->text)};
		resource->status = event->status;
		resource->rows = event->rows;
		resource->bytes = event->duration & (((uint64_t)1 << EVENT_BYTES_BITS) - 1);
	}
	return true;
}

static bool release_unknown(struct fold *fold, const struct event *event)
{
	const struct fold_past *past = event->kind == KIND_RESULT ? past_recall(fold->cleared, event->object) : NULL;
	if (past != NULL)
		return count_misuse(fold, MISUSE_CLEARED_TWICE, event, past->acquire_stack, past->release_stack,
							past->connection);
	fold->unknown_releases++;
	return true;
}

static bool release(struct fold *fold, const struct event *event)
{
	if (event->object == 0)
		return true;
	uint32_t known = store_find_resource(fold, event->kind, event->object, 0);
	if (known == 0)
		return release_unknown(fold, event);
	const struct fold_resource *resource = fold_resource(fold, known);
	uint32_t stack = blob_number(event->stack);
	struct fold_past past = {event->object, resource->connection, fold->position, resource->stack, stack};
	if (event->kind == KIND_RESULT && !past_remember(&fold->cleared, &past))
		return false;
	enum fold_outcome outcome = event->kind == KIND_RESULT ? result_outcome(resource->status) : OUTCOME_NONE;
	if (count_pair(fold, event->kind, outcome, resource->stack, stack,
				   later(event->time, resource->acquired) - resource->acquired) == NULL)
		return false;
	return store_remove_resource(fold, known);
}

/* What a connection holds under a name or number of its own. */
static bool numbered_event(struct fold *fold, const struct event *event)
{
	struct fold_connection *connection;
	if (!connection_find(fold, event->parent, event, &connection))
		return false;
	if (connection == NULL)
		return true;
	return connection_note_use(fold, connection, event) && held_event(fold, connection, event);
}

static bool note_damage(struct fold *fold)
{
	fold->damaged++;
	return true;
}

static bool note_end(struct fold *fold, uint8_t end, uint64_t time)
{
	if (end >= END_COUNT)
		return note_damage(fold);
	fold->has_new_end = true;
	fold->end = end;
	fold->ended = time;
	return true;
}

static bool note_misuse(struct fold *fold, const struct event *event)
{
	if (event->detail == MISUSE_NONE || event->detail >= MISUSE_COUNT)
		return note_damage(fold);
	const struct fold_connection *connection = store_find_connection(fold, event->object);
	return count_misuse(fold, event->detail, event, connection != NULL ? connection->stack : 0, 0,
						connection != NULL ? connection->row : 0);
}

bool fold_event(struct fold *fold, const struct event *event)
{
	fold->now = event->time;
	if (event->verb == EVENT_END)
		return note_end(fold, event->status, event->time);
	if (event->verb == EVENT_END_REVOKED)
		return note_end(fold, END_RUNNING, 0);
	if (event->verb == EVENT_AGAIN)
		return true; /* of what was damaged or lost; else fold-again.c has met it */
	if (event->verb == EVENT_MISUSE)
		return note_misuse(fold, event);
	if (event->kind == KIND_CONNECTION)
		return fold_connection_event(fold, event);
	bool is_acquire = event->verb == EVENT_ACQUIRE;
	if (!is_acquire && event->verb != EVENT_RELEASE)
		return note_damage(fold);
	switch (kind_key(event->kind)) {
	case BY_ADDRESS:
		return is_acquire ? acquire(fold, event) : release(fold, event);
	case BY_NUMBER:
		return numbered_event(fold, event);
	case BY_NOTHING:
	case BY_STATE:
		break; /* no call of its own makes or ends one */
	}
	return note_damage(fold);
}
