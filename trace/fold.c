// SPDX-License-Identifier: PostgreSQL
/*
 * fold.c - the state machine: one event at a time.
 *
 * Called by the drain for every event of every process, so each step is a few
 * look-ups and no allocation but to grow.  What the events mean is decided
 * here and nowhere else.
 */
#include "fold.h"

#include "fold-store.h"
#include "spool.h"

/* A blob's number as the event has it, or 0 if there cannot be such a blob. */
static uint32_t blob_number(uint32_t number)
{
	const uint32_t most = SPOOL_BLOB_SEGMENTS * (SPOOL_SEGMENT_BYTES / sizeof(struct blob_header));
	return number <= most ? number : 0;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void note_use(struct fold_connection *connection, const struct event *event)
{
	/* Uses are stamped by a coarse clock: never before the connection was there, never back in time. */
	uint64_t earliest = connection->is_used ? connection->used : connection->acquired + connection->connect_ns;
	connection->used = later(event->time, earliest);
	connection->use_function = blob_number(event->function);
	connection->use_stack = blob_number(event->stack);
	connection->is_used = true;
	connection->transaction = event->transaction;
	if (event->flags & EVENT_IS_QUERY)
		connection->queries++;
	if (event->value != 0 || event->text != 0)
		connection->statement = (struct statement){event->value, blob_number(event->text)};
}

/* A new live connection from the event that shows it, or NULL when memory is short. */
static struct fold_connection *add_connection(struct fold *fold, uint64_t address, const struct event *event)
{
	struct fold_connection *connection = store_add_connection(fold, address);
	if (connection == NULL)
		return NULL;
	connection->row = fold->next_connection++;
	connection->acquired = event->time;
	connection->thread = event->thread;
	connection->function = blob_number(event->function);
	connection->stack = blob_number(event->stack);
	connection->transaction = event->transaction;
	return connection;
}

/*
 * The live connection at `address`.  NULL in *ret when we know of none; in a forked process it is the parent's then,
 * and gets a row of its own.  False when memory is short.
 */
static bool find_connection(struct fold *fold, uint64_t address, const struct event *event,
							struct fold_connection **ret)
{
	*ret = store_find_connection(fold, address);
	if (*ret == NULL && fold->is_forked && address != 0) {
		*ret = add_connection(fold, address, event);
		if (*ret == NULL)
			return false;
		(*ret)->state = STATE_INHERITED;
	}
	return *ret == NULL || store_touch(fold, *ret);
}

static enum connection_state state_of(uint8_t status)
{
	return status == 0 ? STATE_CONNECTED : status == 1 ? STATE_FAILED : STATE_CONNECTING;
}

static bool acquire_connection(struct fold *fold, const struct event *event)
{
	if (event->object == 0)
		return true;
	struct fold_connection *connection = store_find_connection(fold, event->object);
	if (connection != NULL) {
		/* Its address is handed out again, so it was released where we could not see it. */
		fold->unseen_releases++;
		connection->released = later(event->time, connection->acquired);
		if (!store_touch(fold, connection))
			return false;
		store_release_connection(fold, connection);
	}
	connection = add_connection(fold, event->object, event);
	if (connection == NULL || !store_touch(fold, connection))
		return false;
	connection->state = state_of(event->status);
	connection->connect_ns = event->duration;
	connection->target = blob_number(event->text);
	connection->backend_pid = (uint32_t)event->value;
	return true;
}

static bool decide_connection(struct fold *fold, const struct event *event)
{
	struct fold_connection *connection;
	if (!find_connection(fold, event->object, event, &connection))
		return false;
	if (connection == NULL || connection->state != STATE_CONNECTING || state_of(event->status) == STATE_CONNECTING)
		return true;
	connection->state = state_of(event->status);
	connection->connect_ns = later(event->time, connection->acquired) - connection->acquired;
	connection->transaction = event->transaction;
	if (event->text != 0)
		connection->target = blob_number(event->text);
	if (event->value != 0)
		connection->backend_pid = (uint32_t)event->value;
	return true;
}

static bool reset_connection(struct fold *fold, const struct event *event)
{
	struct fold_connection *connection;
	if (!find_connection(fold, event->object, event, &connection))
		return false;
	if (connection == NULL)
		return true;
	struct fold_reset *reset = array_add(&fold->resets, sizeof(*reset));
	if (reset == NULL)
		return false;
	*reset = (struct fold_reset){
		.connection = connection->row,
		.at = later(event->time, connection->acquired),
		.stack = blob_number(event->stack),
		.backend_pid = event->status == 0 ? (uint32_t)event->value : 0,
	};
	connection->resets++;
	connection->transaction = event->transaction;
	if (event->status != 0)
		return true; /* a failed reset leaves it what it was: something to finish */
	if (connection->state != STATE_INHERITED)
		connection->state = STATE_CONNECTED;
	connection->backend_pid = (uint32_t)event->value;
	if (event->text != 0)
		connection->target = blob_number(event->text);
	return true;
}

static bool release_connection(struct fold *fold, const struct event *event)
{
	struct fold_connection *connection;
	if (event->object == 0)
		return true;
	if (!find_connection(fold, event->object, event, &connection))
		return false;
	if (connection == NULL) {
		fold->unknown_releases++;
		return true;
	}
	connection->released = later(event->time, connection->is_used ? connection->used : connection->acquired);
	connection->release_thread = event->thread;
	connection->release_stack = blob_number(event->stack);
	connection->was_seen = true;
	if (event->transaction != TRANSACTION_UNKNOWN)
		connection->transaction = event->transaction;
	store_release_connection(fold, connection);
	if (connection->state == STATE_INHERITED)
		return true; /* this process acquired nothing that could match */
	return store_count_pair(fold, KIND_CONNECTION, connection->stack, connection->release_stack,
							connection->released - connection->acquired);
}

static bool acquire_result(struct fold *fold, const struct event *event)
{
	struct fold_connection *connection = NULL;
	if (event->parent != 0 && !find_connection(fold, event->parent, event, &connection))
		return false;
	if (connection != NULL)
		note_use(connection, event);
	if (event->object == 0)
		return true; /* nothing was handed out, but the connection was used */
	uint32_t *known = map_find(&fold->live_results, event->object);
	if (known != NULL) {
		fold->unseen_releases++;
		if (!store_remove_result(fold, *known))
			return false;
	}
	struct fold_result *result = store_add_result(fold, event->object);
	if (result == NULL)
		return false;
	result->connection = connection != NULL ? connection->row : 0;
	result->acquired = connection != NULL ? later(event->time, connection->acquired) : event->time;
	result->statement = (struct statement){event->value, blob_number(event->text)};
	result->thread = event->thread;
	result->function = blob_number(event->function);
	result->stack = blob_number(event->stack);
	result->status = event->status;
	return true;
}

static bool release_result(struct fold *fold, const struct event *event)
{
	if (event->object == 0)
		return true;
	uint32_t *known = map_find(&fold->live_results, event->object);
	if (known == NULL) {
		fold->unknown_releases++;
		return true;
	}
	const struct fold_result *result = fold_result(fold, *known);
	if (!store_count_pair(fold, KIND_RESULT, result->stack, blob_number(event->stack),
						  later(event->time, result->acquired) - result->acquired))
		return false;
	return store_remove_result(fold, *known);
}

static bool use_connection(struct fold *fold, const struct event *event)
{
	struct fold_connection *connection;
	if (!find_connection(fold, event->object, event, &connection))
		return false;
	if (connection != NULL)
		note_use(connection, event);
	return true;
}

static bool note_damage(struct fold *fold)
{
	fold->damaged++;
	return true;
}

static bool note_end(struct fold *fold, uint8_t end, uint64_t time)
{
	if (end > END_UNKNOWN)
		return note_damage(fold);
	fold->end_changed = true;
	fold->end = end;
	fold->ended = time;
	return true;
}

static bool fold_result_event(struct fold *fold, const struct event *event)
{
	switch (event->verb) {
	case EVENT_ACQUIRE:
		return acquire_result(fold, event);
	case EVENT_RELEASE:
		return release_result(fold, event);
	default:
		return note_damage(fold);
	}
}

static bool fold_connection_event(struct fold *fold, const struct event *event)
{
	switch (event->verb) {
	case EVENT_ACQUIRE:
		return acquire_connection(fold, event);
	case EVENT_RELEASE:
		return release_connection(fold, event);
	case EVENT_OUTCOME:
		return decide_connection(fold, event);
	case EVENT_USE:
		return use_connection(fold, event);
	case EVENT_RESET:
		return reset_connection(fold, event);
	default:
		return note_damage(fold);
	}
}

bool fold_event(struct fold *fold, const struct event *event)
{
	if (event->verb == EVENT_END)
		return note_end(fold, event->status, event->time);
	if (event->verb == EVENT_END_REVOKED)
		return note_end(fold, END_RUNNING, 0);
	if (event->kind == KIND_RESULT)
		return fold_result_event(fold, event);
	if (event->kind == KIND_CONNECTION)
		return fold_connection_event(fold, event);
	return note_damage(fold);
}
