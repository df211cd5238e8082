// SPDX-License-Identifier: PostgreSQL
/*
 * fold-again.c - a cycle that was made again so often, of which the spool has the count (again.h of the spool).
 *
 * What it leaves is the same as if each were folded by itself, in its order.  The first one lies in the spool as it
 * was, and is folded so.  The others came after it, and perhaps after cycles that lie behind it: numbers tell what was
 * last. Between them nothing else has happened, so each found its connection as the one before had left it: with
 * nothing open.  Called by the drain.
 */
#include "trace/fold/fold-private.h"
#include "trace/spool/again.h"

/* Which of its events are what. */
struct cycle {
	const struct event *acquired, *released;
	const struct event *sent, *end; /* NULL: the call that has sent it waited */
	uint64_t connection;
	size_t length;
};

static bool is_acquire(const struct event *event)
{
	return event->kind == KIND_RESULT && event->verb == EVENT_ACQUIRE;
}

static bool is_release(const struct event *event)
{
	return event->kind == KIND_RESULT && event->verb == EVENT_RELEASE;
}

static bool is_use(const struct event *event)
{
	return event->kind == KIND_CONNECTION && event->verb == EVENT_USE;
}

/* False: the file is damaged. */
static bool read_cycle(const struct event *event, size_t length, struct cycle *ret)
{
	bool is_sent = length == AGAIN_LENGTH_SENT;
	*ret = (struct cycle){.acquired = event + is_sent, .released = event + length - 1, .length = length};
	if (is_sent) {
		ret->sent = event;
		ret->end = event + 2;
		if (!is_use(ret->end)) {
			ret->end = event + 3;
			ret->released = event + 2;
		}
		if (!is_use(ret->sent) || !is_use(ret->end) || ret->sent->object != ret->acquired->parent ||
			ret->end->object != ret->sent->object)
			return false;
	}
	ret->connection = ret->acquired->parent;
	return is_acquire(ret->acquired) && is_release(ret->released) && ret->acquired->object == ret->released->object;
}

/* --- the connection --- */

/* It counts, and where that is so it is misuse; when it was the last use, `is_last`. */
static bool note_uses(struct fold *fold, const struct cycle *cycle, const struct again *again, bool is_last)
{
	const struct event *first = cycle->sent != NULL ? cycle->sent : cycle->acquired;
	for (const struct event *event = first; event < first + cycle->length; event++) {
		struct fold_connection *connection;
		if (is_release(event))
			continue;
		struct event use = *event;
		use.time = again->used;
		if (!connection_find(fold, cycle->connection, &use, &connection))
			return false;
		if (connection == NULL)
			continue;
		if (use.flags & EVENT_IS_QUERY)
			connection->queries += again->more;
		use.flags &= (uint8_t)~EVENT_IS_QUERY; /* it is counted */
		if (is_last)
			connection_set_use(connection, &use);
		if (!connection_note_session(fold, connection, &use))
			return false;
	}
	return true;
}

/* --- what it held --- */

static bool count_more(struct fold *fold, const struct cycle *cycle, const struct again *again)
{
	struct fold_pair *pair =
		count_pairs(fold, KIND_RESULT, result_outcome(cycle->acquired->status), blob_number(cycle->acquired->stack),
					blob_number(cycle->released->stack), again->more, again->held_ns, again->longest_ns);
	/* Of a connection that nobody knows no query is in flight. */
	if (pair != NULL && cycle->sent != NULL && store_find_connection(fold, cycle->connection) != NULL)
		pair = count_pairs(fold, KIND_QUERY, OUTCOME_NONE, blob_number(cycle->sent->stack),
						   blob_number(cycle->end->stack), again->more, again->sent_ns, again->longest_sent_ns);
	return pair != NULL;
}

/* Each of them is followed by another, or by what has been folded already: `before` it. */
static bool count_uses(struct fold *fold, const struct cycle *cycle, const struct again *again,
					   const struct fold_connection *before, bool is_last)
{
	const struct event *first = cycle->sent != NULL ? cycle->sent : cycle->acquired;
	const struct event *end = cycle->end != NULL ? cycle->end : cycle->acquired;
	struct fold_connection use = {.stack = before->stack, .use_stack = blob_number(end->stack)};
	if (!(first->flags & EVENT_IS_QUERY) || before->state != STATE_CONNECTED || before->transaction != TRANSACTION_IDLE)
		return true;
	if (is_last)
		return count_again(fold, &use, again->more);
	/* The first of them was taken for one that came after it. */
	return count_again(fold, &use, again->more + 1) &&
		   (before->use_stack == 0 || count_again(fold, before, UINT64_MAX));
}

/* Of cycles that had a result at the same address, what the last one left is to be remembered. */
static bool remember(struct fold *fold, const struct cycle *cycle, const struct fold_past *before, uint64_t number)
{
	const struct fold_past *now = past_recall(fold->cleared, cycle->acquired->object);
	if (now == NULL)
		return true;
	struct fold_past past = *now;
	past.number = number;
	return past_remember(&fold->cleared, before->address == past.address && before->number > number ? before : &past);
}

/* So many events, as many at a time as go together. */
static bool fold_one(struct fold *fold, const struct event *event, size_t length)
{
	for (size_t done = 0, some; done < length; done += some, fold->position += some)
		if (!fold_some(fold, event + done, length - done, &some))
			return false;
	return true;
}

static bool fold_again(struct fold *fold, const struct event *event, size_t length)
{
	const struct again *again = again_of((const struct again *)(const void *)&event[length]);
	struct cycle cycle;
	if (!read_cycle(event, length, &cycle)) {
		fold->damaged++;
		return true;
	}
	struct fold_connection *connection = store_find_connection(fold, cycle.connection);
	const struct fold_connection before = connection != NULL ? *connection : (struct fold_connection){0};
	const struct fold_past *known = past_recall(fold->cleared, cycle.acquired->object);
	const struct fold_past past_before = known != NULL ? *known : (struct fold_past){0};
	uint64_t number = again_number(again);
	bool is_last = number >= before.last_event;

	/* What is counted in records before these may have come after it. */
	if (connection != NULL && connection->used > event->time)
		connection->used = event->time;
	if (!fold_one(fold, event, length))
		return false;
	fold->position = later(number, before.last_event);
	fold->times = again->more;
	bool is_folded = again->more == 0 || (note_uses(fold, &cycle, again, is_last) && count_more(fold, &cycle, again));
	fold->times = 1;
	if (connection != NULL)
		is_folded = is_folded && count_uses(fold, &cycle, again, &before, is_last);
	if (!is_folded || !remember(fold, &cycle, &past_before, number))
		return false;
	connection = store_find_connection(fold, cycle.connection);
	if (connection != NULL) {
		connection->last_event = fold->position;
		connection->used = later(connection->used, before.used);
		if (!is_last) {
			connection->use_function = before.use_function;
			connection->use_stack = before.use_stack;
			connection->use_thread = before.use_thread;
			connection->inside_stack = before.inside_stack;
			connection->before = before.before;
			connection->before_event = before.before_event;
			connection->before_stack = before.before_stack;
			connection->before_thread = before.before_thread;
			connection->before_transaction = before.before_transaction;
			connection->statement = before.statement;
		}
	}
	fold->taken_off += (uint64_t)again->more * length;
	fold->counted += (int64_t)again->more * (int64_t)length - (int64_t)AGAIN_RECORDS;
	return true;
}

bool fold_events(struct fold *fold, const struct event *event, size_t count, uint64_t position)
{
	const struct event *end = event + count;
	while (event < end) {
		size_t left = (size_t)(end - event), folded, length = again_length(event, left);
		fold->position = position - left + fold->taken_off;
		if (length != 0 ? !fold_again(fold, event, length) : !fold_some(fold, event, left, &folded))
			return false;
		event += length != 0 ? length + AGAIN_RECORDS : folded;
	}
	return true;
}
