// SPDX-License-Identifier: PostgreSQL
/* fold-connection.c - connections: how they come, are used, and go.  Called by fold.c. */
#include "trace/fold/fold-private.h"

/* A new live connection from the event that shows it, or NULL when memory is short. */
static struct fold_connection *add_connection(struct fold *fold, uint64_t address, const struct event *event)
{
	struct fold_connection *connection = store_add_connection(fold, address);
	if (connection == NULL)
		return NULL;
	connection->row = fold->next_connection++;
	connection->acquired = event->time;
	connection->acquire_event = fold->position;
	connection->thread = event->thread;
	connection->function = blob_number(event->function);
	connection->stack = blob_number(event->stack);
	connection->transaction = event->transaction;
	return connection;
}

static bool find_unknown(struct fold *fold, uint64_t address, const struct event *event, struct fold_connection **ret)
{
	const struct fold_past *past = past_recall(fold->finished, address);
	if (past != NULL) {
		enum misuse_kind kind = event->verb == EVENT_RELEASE && event->kind == KIND_CONNECTION
									? MISUSE_FINISHED_TWICE
									: MISUSE_USE_AFTER_FINISH;
		return count_misuse(fold, kind, event, past->acquire_stack, past->release_stack, past->connection);
	}
	if (!fold->is_forked || fold->has_lost)
		return true;
	*ret = add_connection(fold, address, event);
	if (*ret == NULL)
		return false;
	(*ret)->state = STATE_INHERITED;
	return store_touch(fold, *ret);
}

bool connection_find(struct fold *fold, uint64_t address, const struct event *event, struct fold_connection **ret)
{
	*ret = store_find_connection(fold, address);
	if (*ret == NULL)
		return address == 0 || find_unknown(fold, address, event, ret);
	return store_touch(fold, *ret);
}

static void note_broken(struct fold_connection *connection, const struct event *event, uint64_t now, uint64_t idle_ns)
{
	if (connection->is_broken || connection->state != STATE_CONNECTED)
		return;
	connection->is_broken = true;
	connection->broken = now;
	connection->broken_idle_ns = idle_ns;
	connection->broken_stack = blob_number(event->stack);
}

bool connection_note_session(struct fold *fold, struct fold_connection *connection, const struct event *event)
{
	if (event->kind == KIND_MEMORY || event->kind == KIND_CANCEL || event->kind == KIND_STATEMENT)
		return true;
	connection->last_event = fold->position;
	return connection->state != STATE_INHERITED ||
		   count_misuse(fold, MISUSE_USED_IN_CHILD, event, 0, 0, connection->row);
}

bool connection_note_use(struct fold *fold, struct fold_connection *connection, const struct event *event)
{
	if (event->flags & EVENT_IS_QUERY) {
		if (connection_note_sent(fold, connection) && !count_again(fold, connection, 1))
			return false;
		connection_note_inside(connection);
	}
	uint64_t before = connection_last_use(connection), now = connection_set_use(connection, event);
	if (event->flags & EVENT_IS_BROKEN) {
		uint64_t began = later(now - (busy_ns(event) < now ? busy_ns(event) : now), before);
		bool was_idle = !fold->has_lost && !held_is_waiting(connection);
		note_broken(connection, event, now, was_idle ? began - before : 0);
	}
	return connection_note_session(fold, connection, event) &&
		   (!held_is_concerned(connection, event) || held_note_use(fold, connection, event, now));
}

/*
 * PQgetResult that found nothing in flight: it asked nothing of the server and changed nothing, so it is no use.  PHP
 * makes one on every persistent connection at the end of each request.  What was lost may be what it ended.
 */
static bool ends_nothing(const struct fold *fold, const struct fold_connection *connection, const struct event *event)
{
	return (event->flags & (EVENT_IS_DRAINED | EVENT_IS_QUERY)) == EVENT_IS_DRAINED && !fold->has_lost &&
		   connection->state == STATE_CONNECTED && !held_is_waiting(connection) &&
		   event->transaction == connection->transaction &&
		   (connection->is_broken || !(event->flags & EVENT_IS_BROKEN));
}

static bool use_connection(struct fold *fold, struct fold_connection *connection, const struct event *event)
{
	return ends_nothing(fold, connection, event) || connection_note_use(fold, connection, event);
}

static enum connection_state state_of(uint8_t status)
{
	return status == CONNECT_OK ? STATE_CONNECTED : status == CONNECT_BAD ? STATE_FAILED : STATE_CONNECTING;
}

static void set_state(struct fold *fold, struct fold_connection *connection, enum connection_state state,
					  const struct event *event, uint64_t now)
{
	connection->error = CONNECT_ERROR_NONE;
	if (state == STATE_FAILED)
		connection->error = event->detail < CONNECT_ERROR_COUNT ? event->detail : CONNECT_ERROR_OTHER;
	if (state == STATE_CONNECTED && connection->state != STATE_CONNECTED)
		connection->pile = pile_add(fold, KIND_CONNECTION, connection->stack, now);
	if (state == STATE_CONNECTED && connection->state != STATE_CONNECTED && ++fold->open > fold->peak &&
		!fold->has_lost) {
		fold->peak = fold->open;
		fold->peak_at = now;
	}
	connection->state = state;
}

/* What the event says of the session; zeros say nothing. */
static void describe(struct fold_connection *connection, const struct event *event)
{
	if (event->text != 0)
		connection->target = blob_number(event->text);
	if (event->value >> 32 != 0)
		connection->setting = blob_number((uint32_t)(event->value >> 32));
	if ((uint32_t)event->value != 0)
		connection->backend_pid = (uint32_t)event->value;
}

static void release(struct fold *fold, struct fold_connection *connection)
{
	if (connection->state == STATE_CONNECTED)
		fold->open--;
	pile_remove(fold, connection->pile);
	connection->pile = 0;
	store_release_connection(fold, connection);
}

static bool acquire_connection(struct fold *fold, const struct event *event)
{
	struct fold_connection *connection = store_find_connection(fold, event->object);
	if (connection != NULL) {
		/* Its address is handed out again, so it was released where we could not see it. */
		fold->unseen_releases++;
		connection->released = later(event->time, connection->acquired);
		connection->use_event = connection->last_event;
		if (!store_touch(fold, connection) || !held_release_all(fold, connection, NULL, 0))
			return false;
		release(fold, connection);
	}
	connection = add_connection(fold, event->object, event);
	if (connection == NULL || !store_touch(fold, connection))
		return false;
	fold->turn = 0;
	connection->connect_ns = event->duration;
	connection->last_event = fold->position;
	connection->state = STATE_CONNECTING;
	set_state(fold, connection, state_of(event->status), event, event->time + event->duration);
	describe(connection, event);
	return true;
}

static bool decide_connection(struct fold *fold, struct fold_connection *connection, const struct event *event)
{
	if (connection->state != STATE_CONNECTING || state_of(event->status) == STATE_CONNECTING)
		return true;
	connection->connect_ns = later(event->time, connection->acquired) - connection->acquired;
	connection->last_event = fold->position;
	connection->transaction = event->transaction;
	set_state(fold, connection, state_of(event->status), event, later(event->time, connection->acquired));
	describe(connection, event);
	return true;
}

static bool reset_connection(struct fold *fold, struct fold_connection *connection, const struct event *event)
{
	struct fold_reset *reset = array_add(&fold->resets, sizeof *reset);
	if (reset == NULL)
		return false;
	uint64_t now = later(event->time, connection_last_use(connection));
	*reset = (struct fold_reset){
		.connection = connection->row,
		.at = later(event->time, connection->acquired),
		.stack = blob_number(event->stack),
		.backend_pid = event->status == CONNECT_OK ? (uint32_t)event->value : 0,
		.previous_pid = connection->backend_pid,
	};
	connection->resets++;
	connection->transaction = event->transaction;
	if (!connection_note_session(fold, connection, event))
		return false;
	/* Whatever the session held is gone with it. */
	if (!held_release_all(fold, connection, event, now))
		return false;
	if (event->status != CONNECT_OK)
		return true; /* a failed reset leaves it what it was: something to finish */
	if (connection->state != STATE_INHERITED)
		set_state(fold, connection, STATE_CONNECTED, event, now);
	connection->backend_pid = 0;
	describe(connection, event);
	return true;
}

static enum fold_outcome outcome_of(const struct fold_connection *connection)
{
	return connection->state == STATE_FAILED       ? OUTCOME_FAILED
		   : connection->state == STATE_CONNECTING ? OUTCOME_CONNECTING
												   : OUTCOME_NONE;
}

/* Inherited ones are not what this process acquired: nothing matches. */
static bool match_release(struct fold *fold, const struct fold_connection *connection, const struct event *event)
{
	bool is_inherited = connection->state == STATE_INHERITED;
	struct fold_past past = {connection->address, connection->row, fold->position, is_inherited ? 0 : connection->stack,
							 connection->release_stack};
	if (!past_remember(&fold->finished, &past))
		return false;
	if (is_inherited)
		return count_misuse(fold, MISUSE_FINISHED_IN_CHILD, event, 0, 0, connection->row);
	return count_pair(fold, KIND_CONNECTION, outcome_of(connection), connection->stack, connection->release_stack,
					  connection->released - connection->acquired) != NULL;
}

static bool release_connection(struct fold *fold, struct fold_connection *connection, const struct event *event)
{
	connection->released = later(event->time, later(connection->used, connection->acquired));
	connection->release_thread = event->thread;
	connection->release_stack = blob_number(event->stack);
	connection->was_seen = true;
	connection->use_event = connection->last_event;
	connection->last_event = fold->position;
	if (event->transaction != TRANSACTION_UNKNOWN)
		connection->transaction = event->transaction;
	if (!held_note_finish(fold, connection, event, connection->released) ||
		!held_release_all(fold, connection, event, connection->released))
		return false;
	if (!match_release(fold, connection, event))
		return false;
	release(fold, connection);
	return true;
}

bool fold_connection_event(struct fold *fold, const struct event *event)
{
	static bool (*const rules[EVENT_COUNT])(struct fold *, struct fold_connection *, const struct event *) = {
		[EVENT_RELEASE] = release_connection,
		[EVENT_OUTCOME] = decide_connection,
		[EVENT_USE] = use_connection,
		[EVENT_RESET] = reset_connection,
	};
	struct fold_connection *connection;
	if (event->verb == EVENT_ACQUIRE)
		return event->object == 0 || acquire_connection(fold, event);
	if (event->verb >= EVENT_COUNT || rules[event->verb] == NULL) {
		fold->damaged++;
		return true;
	}
	if (!connection_find(fold, event->object, event, &connection))
		return false;
	if (connection != NULL)
		return rules[event->verb](fold, connection, event);
	if (event->verb == EVENT_RELEASE && event->object != 0 && past_recall(fold->finished, event->object) == NULL)
		fold->unknown_releases++;
	return true;
}
