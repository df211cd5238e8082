// SPDX-License-Identifier: PostgreSQL
/* verbs-connection.c - the life of a connection as events; see verbs.h. */
#include "preload/calls/describe.h"
#include "preload/calls/note.h"
#include "preload/calls/verbs.h"
#include "preload/libpq/libpq-route.h"

/* What the server and libpq say of a connection whose attempt has been decided. */
static void describe(const struct call *call, PGconn *conn, struct event *event)
{
	event->status = (uint8_t)ask_number(call->libpq, ACCESS_PQstatus, conn, CONNECTION_BAD);
	event->text = describe_target(call->libpq, conn);
	event->value = (uint64_t)(unsigned)ask_number(call->libpq, ACCESS_PQbackendPID, conn, 0) |
				   (uint64_t)describe_settings(call->libpq, conn) << 32;
	event->transaction = (uint8_t)ask_number(call->libpq, ACCESS_PQtransactionStatus, conn, PQTRANS_UNKNOWN);
	if (event->status == CONNECTION_BAD)
		event->detail = (uint8_t)describe_connect_error(call->libpq, conn);
}

static void note_described(const struct call *call, PGconn *conn, enum event_verb verb, uint64_t time,
						   uint64_t duration)
{
	struct event event = {
		.verb = (uint8_t)verb,
		.kind = KIND_CONNECTION,
		.object = (uintptr_t)conn,
		.time = time,
		.duration = duration,
	};
	describe(call, conn, &event);
	note_event(call, &event);
}

void verb_connected(const struct call *call, PGconn *conn)
{
	if (conn == NULL)
		return;
	route_note_maker(call->libpq, conn);
	note_described(call, conn, EVENT_ACQUIRE, call->began, call_now() - call->began);
}

void verb_polled(const struct call *call, PGconn *conn, PostgresPollingStatusType outcome)
{
	if (conn == NULL || (outcome != PGRES_POLLING_OK && outcome != PGRES_POLLING_FAILED))
		return;
	note_described(call, conn, call->hook == HOOK_PQresetPoll ? EVENT_RESET : EVENT_OUTCOME, call_now(), 0);
}

void verb_reset(const struct call *call, PGconn *conn)
{
	if (conn == NULL)
		return;
	uint64_t now = call_now();
	note_described(call, conn, EVENT_RESET, now, now - call->began);
}

void verb_used(const struct call *call, PGconn *conn, uint8_t flags)
{
	if (conn == NULL)
		return;
	uint64_t now = call_now_coarse();
	struct event event = {
		.verb = EVENT_USE,
		.kind = KIND_CONNECTION,
		.object = (uintptr_t)conn,
		.time = now,
		.duration = note_elapsed(call, now),
		.flags = flags,
	};
	note_connection(call, conn, &event);
	note_event(call, &event);
}

void verb_finishing(const struct call *call, PGconn *conn)
{
	if (conn == NULL)
		return;
	struct event event = {
		.verb = EVENT_RELEASE,
		.kind = KIND_CONNECTION,
		.object = (uintptr_t)conn,
		.time = call_now(),
		.transaction = (uint8_t)ask_number(call->libpq, ACCESS_PQtransactionStatus, conn, PQTRANS_UNKNOWN),
	};
	note_event(call, &event);
}

void verb_contested(const struct call *call, const void *conn, uint32_t other_thread)
{
	struct event event = {
		.verb = EVENT_MISUSE,
		.kind = KIND_CONNECTION,
		.detail = MISUSE_TWO_THREADS,
		.object = (uintptr_t)conn,
		.value = other_thread,
		.time = call_now_coarse(),
		.transaction = PQTRANS_UNKNOWN, /* the other thread is at work on it: we do not even look */
	};
	note_event(call, &event);
}
