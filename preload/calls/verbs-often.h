// SPDX-License-Identifier: PostgreSQL
/*
 * verbs-often.h - the verbs of nearly all calls: statements, and the results that they leave; see verbs.h.
 *
 * Inline, because as parts of the wrappers they have what these hold in registers, and save none.  Included by
 * wrappers.c and verbs-query.c.
 */
#ifndef PQLEAK_PRELOAD_CALLS_VERBS_OFTEN_H
#define PQLEAK_PRELOAD_CALLS_VERBS_OFTEN_H

#include "preload/calls/describe.h"
#include "preload/calls/note.h"
#include "preload/calls/verbs.h"
#include "preload/libpq/libpq-route.h"
#include "trace/base/libpq-status.h"

#define OFTEN inline __attribute__((always_inline))

static OFTEN uint8_t pipeline_flag(const struct call *call, PGconn *conn)
{
	return ask_number(call->libpq, ACCESS_PQpipelineStatus, conn, PQ_PIPELINE_OFF) != PQ_PIPELINE_OFF
			   ? EVENT_IN_PIPELINE
			   : 0;
}

/* The statement that was sent may be one that ends prepared ones.  Nearly all are told apart by their first letter. */
static OFTEN void note_what_it_ends(const struct call *call, PGconn *conn, const char *statement, uint64_t keyword)
{
	if (KEYWORD_BEGINS_WITH(keyword, 'D'))
		verb_ended_by(call, conn, statement);
}

/* --- statements that were sent --- */

/*
 * `duration`: how long the call took until `time`, where it waits.  `waits`: it does so, and then leaves nothing in
 * flight, unless something else was.  Returns the keyword.
 */
static OFTEN uint64_t note_use(const struct call *call, PGconn *conn, const char *statement, uint8_t flags,
							   uint64_t time, uint64_t duration, bool waits)
{
	struct event event = {
		.verb = EVENT_USE,
		.kind = KIND_CONNECTION,
		.object = (uintptr_t)conn,
		.time = time,
		.duration = duration,
		.flags = flags,
	};
	uint64_t keyword = describe_statement(statement, &event);
	note_connection(call, conn, &event);
	if (waits && event.transaction != PQTRANS_ACTIVE)
		event.flags |= EVENT_IS_DRAINED;
	note_event(call, &event);
	return keyword;
}

/* A query runs from when the call began.  What libpq refuses to send changes nothing. */
static OFTEN uint64_t note_sent(const struct call *call, PGconn *conn, const char *statement, bool success)
{
	uint8_t flags = pipeline_flag(call, conn);
	if (success)
		flags |= EVENT_IS_QUERY | EVENT_IS_SEND;
	return note_use(call, conn, success ? statement : NULL, flags, call->began, 0, false);
}

static OFTEN void verb_sent(const struct call *call, PGconn *conn, const char *statement, int success)
{
	if (conn == NULL)
		return;
	uint64_t keyword = note_sent(call, conn, statement, success == 1);
	if (success == 1 && statement != NULL)
		note_what_it_ends(call, conn, statement, keyword);
}

/* --- results --- */

/* Records that a result was handed out; `flags` may gain EVENT_IS_DRAINED. */
static OFTEN void note_result(const struct call *call, PGconn *conn, const char *statement, PGresult *result,
							  uint8_t flags, struct event *event)
{
	route_note_maker(call->libpq, result);
	uint64_t now = call_now_coarse();
	*event = (struct event){
		.verb = EVENT_ACQUIRE,
		.kind = KIND_RESULT,
		.object = (uintptr_t)result,
		.parent = (uintptr_t)conn,
		.time = now,
		.duration = note_elapsed(call, now) / 1000000 << EVENT_BYTES_BITS,
		.flags = flags,
	};
	event->duration |= ask_size(call->libpq, ACCESS_PQresultMemorySize, result) & ((1ull << EVENT_BYTES_BITS) - 1);
	event->rows = (uint32_t)ask_number(call->libpq, ACCESS_PQntuples, result, 0);
	event->status = (uint8_t)ask_number(call->libpq, ACCESS_PQresultStatus, result, 0);
	describe_statement(statement, event);
	note_connection(call, conn, event);
	/* Whoever waited for the result waited for all there is, but for a COPY. */
	if ((flags & EVENT_IS_QUERY) && !result_is_copy(event->status))
		event->flags |= EVENT_IS_DRAINED;
	note_event(call, event);
}

/* Answers whether the server has done what it was asked; `ret` is the recorded event. */
static OFTEN bool note_query(const struct call *call, PGconn *conn, const char *statement, PGresult *result,
							 struct event *ret)
{
	if (result == NULL) {
		uint64_t now = call_now_coarse();
		note_use(call, conn, NULL, 0, now, note_elapsed(call, now), true);
		return false;
	}
	note_result(call, conn, statement, result, EVENT_IS_QUERY, ret);
	return ret->status != PGRES_FATAL_ERROR && ret->status != PGRES_BAD_RESPONSE;
}

static OFTEN void verb_queried(const struct call *call, PGconn *conn, const char *statement, PGresult *result)
{
	if (conn == NULL && result == NULL)
		return;
	struct event event;
	if (note_query(call, conn, statement, result, &event))
		note_what_it_ends(call, conn, statement, event.value);
}

static OFTEN void verb_fetched(const struct call *call, PGconn *conn, PGresult *result)
{
	if (conn == NULL)
		return;
	uint8_t flags = pipeline_flag(call, conn);
	struct event event;
	if (result != NULL)
		note_result(call, conn, NULL, result, flags, &event);
	else
		note_use(call, conn, NULL, flags | EVENT_IS_DRAINED, call_now_coarse(), 0, false);
}

static OFTEN void verb_clearing(const struct call *call, PGresult *result)
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

#endif
