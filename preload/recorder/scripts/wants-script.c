// SPDX-License-Identifier: PostgreSQL
/*
 * wants-script.c - which events want the frames of the script that called.
 *
 * Owns which connections are in a transaction, so that the events that begin
 * and end one are known.  Asked only about events of threads that run a
 * script; the caller holds the recorder's lock.
 */
#include "preload/elf/apart.h"
#include "preload/recorder/scripts/walk.h"

#include <string.h>

#include "trace/base/libpq-status.h"

/* The connections that are in a transaction, by address. */
enum {
	BUCKETS = 64,
	PLACES = 8, /* in a bucket; a ninth takes the place of the first, whose next use then seems to begin one */
};
APART static uint64_t open[BUCKETS][PLACES];
static uint32_t open_count;
static bool was_used; /* or there is nothing to forget, and its pages are no memory yet */

void wants_script_reset(void)
{
	if (was_used)
		memset(open, 0, sizeof open);
	was_used = false;
	open_count = 0;
}

static uint64_t *find(uint64_t connection, uint64_t what)
{
	uint64_t *bucket = open[connection * 0x9e3779b97f4a7c15u >> 58];
	for (int i = 0; i < PLACES; i++)
		if (bucket[i] == what)
			return &bucket[i];
	return what == 0 ? &bucket[0] : NULL;
}

static bool ends_transaction(uint64_t connection)
{
	uint64_t *known = open_count > 0 ? find(connection, connection) : NULL;
	if (known == NULL)
		return false;
	*known = 0;
	open_count--;
	return true;
}

static bool begins_transaction(uint64_t connection)
{
	if (find(connection, connection) != NULL)
		return false;
	uint64_t *place = find(connection, 0);
	was_used = true;
	open_count += *place == 0;
	*place = connection;
	return true;
}

static bool changes_transaction(uint64_t connection, uint8_t status)
{
	if (connection == 0)
		return false;
	if (transaction_is_open(status))
		return begins_transaction(connection);
	return transaction_is_over(status) && ends_transaction(connection);
}

bool wants_script(const struct event *event)
{
	/* These come in floods: looking at each would cost as much as all the rest. */
	if (event->kind == KIND_RESULT && event->verb == EVENT_ACQUIRE)
		return changes_transaction(event->parent, event->transaction) || result_is_copy(event->status);
	if (event->kind == KIND_CONNECTION && event->verb == EVENT_USE)
		return changes_transaction(event->object, event->transaction);
	if (event->kind == KIND_CONNECTION && event->verb != EVENT_MISUSE)
		ends_transaction(event->object);
	return event->kind != KIND_RESULT && event->kind != KIND_MEMORY;
}
