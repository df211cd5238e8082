// SPDX-License-Identifier: PostgreSQL
/* verbs-query.c - prepared statements, and results that are made; see verbs.h. */
#include "preload/calls/verbs-often.h"

static_assert((int)CONNECT_OK == CONNECTION_OK && (int)CONNECT_BAD == CONNECTION_BAD &&
				  (int)RESULT_COMMAND_OK == PGRES_COMMAND_OK && (int)RESULT_TUPLES_OK == PGRES_TUPLES_OK &&
				  (int)RESULT_COPY_OUT == PGRES_COPY_OUT && (int)RESULT_COPY_IN == PGRES_COPY_IN &&
				  (int)RESULT_COPY_BOTH == PGRES_COPY_BOTH && (int)RESULT_FATAL_ERROR == PGRES_FATAL_ERROR &&
				  (int)RESULT_BAD_RESPONSE == PGRES_BAD_RESPONSE &&
				  (int)RESULT_PIPELINE_ABORTED == PGRES_PIPELINE_ABORTED && (int)TRANSACTION_IDLE == PQTRANS_IDLE &&
				  (int)TRANSACTION_ACTIVE == PQTRANS_ACTIVE && (int)TRANSACTION_OPEN == PQTRANS_INTRANS &&
				  (int)TRANSACTION_FAILED == PQTRANS_INERROR && (int)TRANSACTION_UNKNOWN == PQTRANS_UNKNOWN,
			  "libpq-status.h has libpq's numbers");

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

void verb_ended_by(const struct call *call, PGconn *conn, const char *statement)
{
	uint64_t hash;
	if (prepared_ended_by(statement, &hash))
		note_prepared(call, conn, EVENT_RELEASE, hash, NULL);
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

/* --- statements --- */

void verb_prepared(const struct call *call, PGconn *conn, const char *name, const char *statement, PGresult *result)
{
	if (conn == NULL && result == NULL)
		return;
	struct event event;
	if (note_query(call, conn, statement, result, &event) && event.status == PGRES_COMMAND_OK)
		note_named(call, conn, EVENT_ACQUIRE, name, statement);
}

void verb_closed_prepared(const struct call *call, PGconn *conn, const char *name, PGresult *result)
{
	if (conn == NULL && result == NULL)
		return;
	struct event event;
	if (note_query(call, conn, NULL, result, &event) && event.status == PGRES_COMMAND_OK)
		note_named(call, conn, EVENT_RELEASE, name, NULL);
}

void verb_made(const struct call *call, PGresult *result)
{
	if (result == NULL)
		return;
	struct event event;
	note_result(call, NULL, NULL, result, 0, &event);
}
