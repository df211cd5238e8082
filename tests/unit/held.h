// SPDX-License-Identifier: PostgreSQL
/*
 * held.h - events of a connection that holds something, for test-held.c and test-held-names.c.
 */
#ifndef PQLEAK_TEST_HELD_H
#define PQLEAK_TEST_HELD_H

#include "support.h"

#define NO_FLAGS 0

#define RULE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
#define FORKED(name) cmocka_unit_test_setup_teardown(name, scene_setup_forked, scene_teardown)

static const char pairs[] = "SELECT kind, " PLACE("acquire_stack") ", " PLACE(
	"release_stack") ", count, total_ns FROM fold ORDER BY kind, fold.acquire_stack, fold.release_stack";

/* A statement that left the connection in this transaction status. */
static inline struct event left(const struct scene *s, uint8_t transaction, uint64_t time)
{
	struct event event = used(s, CONNECTION, time);
	event.flags = EVENT_IS_QUERY | EVENT_IS_DRAINED;
	event.transaction = transaction;
	return event;
}

static inline struct event sent(const struct scene *s, uint8_t flags, uint64_t time)
{
	struct event event = used(s, CONNECTION, time);
	event.flags = EVENT_IS_QUERY | EVENT_IS_SEND | flags;
	event.transaction = TRANSACTION_ACTIVE;
	return event;
}

static inline struct event drained(const struct scene *s, uint8_t flags, uint64_t time)
{
	struct event event = used(s, CONNECTION, time);
	event.flags = EVENT_IS_DRAINED | flags;
	event.stack = s->clear_stack;
	return event;
}

static inline struct event copying(const struct scene *s, uint8_t status, uint8_t flags, uint64_t time)
{
	struct event event = queried(s, RESULT, CONNECTION, time);
	event.status = status;
	event.flags = flags;
	event.transaction = TRANSACTION_ACTIVE;
	return event;
}

static inline struct event within(const struct scene *s, enum event_verb verb, enum resource_kind kind, uint64_t object,
								  uint64_t time)
{
	return (struct event){.verb = verb,
						  .kind = kind,
						  .object = object,
						  .parent = CONNECTION,
						  .time = time,
						  .function = s->exec,
						  .stack = verb == EVENT_ACQUIRE ? s->exec_stack : s->clear_stack,
						  .thread = 11};
}

/* After each event the drain may be thrown away: what follows must not notice. */
static inline void put(struct scene *s, bool reload, struct event event)
{
	add(s, event);
	if (!reload)
		return;
	drain_now(s);
	forget_drain(s);
}

#endif
