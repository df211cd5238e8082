// SPDX-License-Identifier: PostgreSQL
/* verbs-query.c - statements, and what they leave: results, queries in flight, prepared statements; see verbs.h. */
#include "preload/calls/describe.h"
#include "preload/calls/note.h"
#include "preload/calls/verbs.h"
#include "preload/libpq/libpq-route.h"
#include "trace/base/libpq-status.h"

static_assert((int)CONNECT_OK == CONNECTION_OK && (int)CONNECT_BAD == CONNECTION_BAD &&
				  (int)RESULT_COMMAND_OK == PGRES_COMMAND_OK && (int)RESULT_TUPLES_OK == PGRES_TUPLES_OK &&
				  (int)RESULT_COPY_OUT == PGRES_COPY_OUT && (int)RESULT_COPY_IN == PGRES_COPY_IN &&
				  (int)RESULT_COPY_BOTH == PGRES_COPY_BOTH && (int)RESULT_FATAL_ERROR == PGRES_FATAL_ERROR &&
				  (int)RESULT_BAD_RESPONSE == PGRES_BAD_RESPONSE &&
				  (int)RESULT_PIPELINE_ABORTED == PGRES_PIPELINE_ABORTED && (int)TRANSACTION_IDLE == PQTRANS_IDLE &&
				  (int)TRANSACTION_ACTIVE == PQTRANS_ACTIVE && (int)TRANSACTION_OPEN == PQTRANS_INTRANS &&
				  (int)TRANSACTION_FAILED == PQTRANS_INERROR && (int)TRANSACTION_UNKNOWN == PQTRANS_UNKNOWN,
			  "libpq-status.h has libpq's numbers");

static uint8_t pipeline_flag(const struct call *call, PGconn *conn)
{
	return ask_number(call->libpq, ACCESS_PQpipelineStatus, conn, PQ_PIPELINE_OFF) != PQ_PIPELINE_OFF
			   ? EVENT_IN_PIPELINE
			   : 0;
}

/* --- prepared statements --- */

static void note_prepared(const struct call *call, PGconn *conn, enum event_verb verb, uint64_t name,
						  const char *statement)
{
	struct event event = {
		.verb = (uint8_t)verb,
		.kind = KIND_STATEMENT,
		.object = name,
		.parent = (uintptr_t)conn,
		.time = call_now_coarse(),
	};
	describe_statement(statement, &event);
	note_connection(call, conn, &event);
	note_event(call, &event);
}

static void note_named(const struct call *call, PGconn *conn, enum event_verb verb, const char *name,
					   const char *statement)
{
	uint64_t hash = prepared_name(name);
	if (hash != 0)
		note_prepared(call, conn, verb, hash, statement);
}

/* The statement that was sent may be one that ends prepared ones.  Nearly all are told apart by their first letter. */
static void release_what_it_ends(const struct call *call, PGconn *conn, const char *statement, uint64_t keyword)
{
	uint64_t hash;
	if (KEYWORD_BEGINS_WITH(keyword, 'D') && prepared_ended_by(statement, &hash))
		note_prepared(call, conn, EVENT_RELEASE, hash, NULL);
}

/* --- statements that were sent --- */

/* `waits`: the call does so, and then leaves nothing in flight, unless something else was.  Returns the keyword. */
static uint64_t note_use(const struct call *call, PGconn *conn, const char *statement, uint8_t flags, bool waits)
{
	uint64_t now = call_now_coarse();
	struct event event = {
		.verb = EVENT_USE,
		.kind = KIND_CONNECTION,
		.object = (uintptr_t)conn,
		.time = now,
		.duration = note_elapsed(call, now),
		.flags = flags,
	};
	uint64_t keyword = describe_statement(statement, &event);
	note_connection(call, conn, &event);
	if (waits && event.transaction != PQTRANS_ACTIVE)
		event.flags |= EVENT_IS_DRAINED;
	note_event(call, &event);
	return keyword;
}

/* What libpq refuses to send changes nothing. */
static uint64_t note_sent(const struct call *call, PGconn *conn, const char *statement, bool success)
{
	uint8_t flags = pipeline_flag(call, conn);
	if (success)
		return note_use(call, conn, statement, flags | EVENT_IS_QUERY | EVENT_IS_SEND, false);
	return note_use(call, conn, NULL, flags, false);
}

__attribute__((flatten)) void verb_sent(const struct call *call, PGconn *conn, const char *statement, int success)
{
	if (conn == NULL)
		return;
	uint64_t keyword = note_sent(call, conn, statement, success == 1);
	if (success == 1 && statement != NULL)
		release_what_it_ends(call, conn, statement, keyword);
}

void verb_sent_prepare(const struct call *call, PGconn *conn, const char *name, const char *statement, int success)
{
	if (conn == NULL)
		return;
	note_sent(call, conn, statement, success == 1);
	if (success == 1)
		note_named(call, conn, EVENT_ACQUIRE, name, statement);
}

void verb_sent_close(const struct call *call, PGconn *conn, const char *name, int success)
{
	if (conn == NULL)
		return;
	note_sent(call, conn, NULL, success == 1);
	if (success == 1)
		note_named(call, conn, EVENT_RELEASE, name, NULL);
}

/* --- results --- */

/* Records that a result was handed out; `flags` may gain EVENT_IS_DRAINED. */
static void acquire_result(const struct call *call, PGconn *conn, const char *statement, PGresult *result,
						   uint8_t flags, struct event *event)
{
	route_note_maker(call->libpq, result);
	uint64_t now = call_now_coarse();
	size_t bytes = ask_size(call->libpq, ACCESS_PQresultMemorySize, result);
	*event = (struct event){
		.verb = EVENT_ACQUIRE,
		.kind = KIND_RESULT,
		.object = (uintptr_t)result,
		.parent = (uintptr_t)conn,
		.time = now,
		.duration = note_elapsed(call, now) / 1000000 << EVENT_BYTES_BITS | (bytes & ((1ull << EVENT_BYTES_BITS) - 1)),
		.rows = (uint32_t)ask_number(call->libpq, ACCESS_PQntuples, result, 0),
		.status = (uint8_t)ask_number(call->libpq, ACCESS_PQresultStatus, result, 0),
		.flags = flags,
	};
	describe_statement(statement, event);
	note_connection(call, conn, event);
	/* Whoever waited for the result waited for all there is, but for a COPY. */
	if ((flags & EVENT_IS_QUERY) && !result_is_copy(event->status))
		event->flags |= EVENT_IS_DRAINED;
	note_event(call, event);
}

/* Answers whether the server has done what it was asked; `ret` is the recorded event. */
static bool query(const struct call *call, PGconn *conn, const char *statement, PGresult *result, struct event *ret)
{
	if (result == NULL) {
		note_use(call, conn, NULL, 0, true);
		return false;
	}
	acquire_result(call, conn, statement, result, EVENT_IS_QUERY, ret);
	return ret->status != PGRES_FATAL_ERROR && ret->status != PGRES_BAD_RESPONSE;
}

__attribute__((flatten)) void verb_queried(const struct call *call, PGconn *conn, const char *statement,
										   PGresult *result)
{
	if (conn == NULL && result == NULL)
		return;
	struct event event;
	if (query(call, conn, statement, result, &event))
		release_what_it_ends(call, conn, statement, event.value);
}

void verb_prepared(const struct call *call, PGconn *conn, const char *name, const char *statement, PGresult *result)
{
	if (conn == NULL && result == NULL)
		return;
	struct event event;
	if (query(call, conn, statement, result, &event) && event.status == PGRES_COMMAND_OK)
		note_named(call, conn, EVENT_ACQUIRE, name, statement);
}

void verb_closed_prepared(const struct call *call, PGconn *conn, const char *name, PGresult *result)
{
	if (conn == NULL && result == NULL)
		return;
	struct event event;
	if (query(call, conn, NULL, result, &event) && event.status == PGRES_COMMAND_OK)
		note_named(call, conn, EVENT_RELEASE, name, NULL);
}

__attribute__((flatten)) void verb_fetched(const struct call *call, PGconn *conn, PGresult *result)
{
	if (conn == NULL)
		return;
	uint8_t flags = pipeline_flag(call, conn);
	struct event event;
	if (result != NULL)
		acquire_result(call, conn, NULL, result, flags, &event);
	else
		note_use(call, conn, NULL, flags | EVENT_IS_DRAINED, false);
}

void verb_made(const struct call *call, PGresult *result)
{
	if (result == NULL)
		return;
	struct event event;
	acquire_result(call, NULL, NULL, result, 0, &event);
}

void verb_clearing(const struct call *call, PGresult *result)
{
	if (result == NULL)
		return;
	struct event event = {
		.verb = EVENT_RELEASE,
		.kind = KIND_RESULT,
		.object = (uintptr_t)result,
		.time = call_now_coarse(),
	};
	note_event(call, &event);
}
