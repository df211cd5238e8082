// SPDX-License-Identifier: PostgreSQL
/* verbs.c - see verbs.h. */
#include "verbs.h"

#include <errno.h>
#include <string.h>

#include "describe.h"
#include "process.h"

/* Calls an accessor of the call's own libpq, or gives `fallback` where it has none. */
#define ACCESS(call, name, type, fallback, argument)                                                                   \
	(access_function((call)->libpq, ACCESS_##name) != NULL                                                            \
	     ? (__extension__(type(*)(const void *))access_function((call)->libpq, ACCESS_##name))(argument)              \
	     : (fallback))

static void *access_function(struct libpq *libpq, enum libpq_function n)
{
	return libpq_function(libpq, n);
}

/* Names are interned once a process; the number of another process means nothing, hence the owner. */
static uint32_t function_name(const struct call *call)
{
	static _Atomic uint64_t names[HOOK_COUNT]; /* spool id's upper half, number */
	uint64_t owner = process_recorder->id() & 0xffffffff00000000u;
	uint64_t name = atomic_load_explicit(&names[call->hook], memory_order_relaxed);
	if (name == 0 || (name & 0xffffffff00000000u) != owner) {
		const char *text = hooks[call->hook].name;
		name = owner | process_recorder->intern(process_thread(), BLOB_TEXT, text, strlen(text));
		/* A signal handler that interrupted the recorder gets none; the next call asks again. */
		if ((uint32_t)name != 0)
			atomic_store_explicit(&names[call->hook], name, memory_order_relaxed);
	}
	return (uint32_t)name;
}

static void record(const struct call *call, struct event *event)
{
	event->thread = process_thread();
	event->function = function_name(call);
	process_recorder->record(event);
}

static uint8_t transaction_of(const struct call *call, PGconn *conn)
{
	return (uint8_t)ACCESS(call, PQtransactionStatus, int, PQTRANS_UNKNOWN, conn);
}

/* What the server and libpq say of a connection whose attempt has been decided. */
static void describe(const struct call *call, PGconn *conn, struct event *event)
{
	event->status = (uint8_t)ACCESS(call, PQstatus, int, CONNECTION_BAD, conn);
	event->text = describe_target(call->libpq, conn);
	event->value = (uint64_t)(unsigned)ACCESS(call, PQbackendPID, int, 0, conn);
	event->transaction = transaction_of(call, conn);
}

void verb_connected(const struct call *call, PGconn *conn)
{
	if (conn == NULL)
		return;
	int error = errno;
	libpq_note_maker(call->libpq, conn);
	struct event event = {
		.verb = EVENT_ACQUIRE,
		.kind = KIND_CONNECTION,
		.object = (uintptr_t)conn,
		.time = call->began,
		.duration = call_now() - call->began,
	};
	describe(call, conn, &event);
	record(call, &event);
	errno = error;
}

void verb_polled(const struct call *call, PGconn *conn, PostgresPollingStatusType outcome)
{
	if (conn == NULL || (outcome != PGRES_POLLING_OK && outcome != PGRES_POLLING_FAILED))
		return;
	int error = errno;
	struct event event = {
		.verb = call->hook == HOOK_PQresetPoll ? EVENT_RESET : EVENT_OUTCOME,
		.kind = KIND_CONNECTION,
		.object = (uintptr_t)conn,
		.time = call_now(),
	};
	describe(call, conn, &event);
	record(call, &event);
	errno = error;
}

void verb_reset(const struct call *call, PGconn *conn)
{
	if (conn == NULL)
		return;
	int error = errno;
	struct event event = {
		.verb = EVENT_RESET,
		.kind = KIND_CONNECTION,
		.object = (uintptr_t)conn,
		.time = call_now(),
		.duration = call_now() - call->began,
	};
	describe(call, conn, &event);
	record(call, &event);
	errno = error;
}

static void use(const struct call *call, PGconn *conn, const char *statement, uint8_t flags)
{
	if (conn == NULL)
		return;
	int error = errno;
	struct event event = {
		.verb = EVENT_USE,
		.kind = KIND_CONNECTION,
		.object = (uintptr_t)conn,
		.time = call_now_coarse(),
		.flags = flags,
		.transaction = transaction_of(call, conn),
	};
	describe_statement(statement, &event);
	record(call, &event);
	errno = error;
}

void verb_used(const struct call *call, PGconn *conn)
{
	use(call, conn, NULL, 0);
}

void verb_sent(const struct call *call, PGconn *conn, const char *statement)
{
	use(call, conn, statement, EVENT_IS_QUERY);
}

void verb_finishing(const struct call *call, PGconn *conn)
{
	if (conn == NULL)
		return;
	int error = errno;
	struct event event = {
		.verb = EVENT_RELEASE,
		.kind = KIND_CONNECTION,
		.object = (uintptr_t)conn,
		.time = call_now(),
		.transaction = transaction_of(call, conn),
	};
	record(call, &event);
	errno = error;
}

static void acquire_result(const struct call *call, PGconn *conn, const char *statement, PGresult *result,
                           uint8_t flags)
{
	int error = errno;
	libpq_note_maker(call->libpq, result);
	struct event event = {
		.verb = EVENT_ACQUIRE,
		.kind = KIND_RESULT,
		.object = (uintptr_t)result,
		.parent = (uintptr_t)conn,
		.time = call_now_coarse(),
		.status = (uint8_t)ACCESS(call, PQresultStatus, int, 0, result),
		.transaction = conn != NULL ? transaction_of(call, conn) : (uint8_t)PQTRANS_UNKNOWN,
		.flags = flags,
	};
	describe_statement(statement, &event);
	record(call, &event);
	errno = error;
}

void verb_queried(const struct call *call, PGconn *conn, const char *statement, PGresult *result)
{
	if (result != NULL)
		acquire_result(call, conn, statement, result, EVENT_IS_QUERY);
	else
		verb_sent(call, conn, statement);
}

void verb_fetched(const struct call *call, PGconn *conn, PGresult *result)
{
	if (result != NULL)
		acquire_result(call, conn, NULL, result, 0);
	else
		use(call, conn, NULL, 0);
}

void verb_made(const struct call *call, PGresult *result)
{
	if (result != NULL)
		acquire_result(call, NULL, NULL, result, 0);
}

void verb_clearing(const struct call *call, PGresult *result)
{
	if (result == NULL)
		return;
	int error = errno;
	struct event event = {
		.verb = EVENT_RELEASE,
		.kind = KIND_RESULT,
		.object = (uintptr_t)result,
		.time = call_now_coarse(),
	};
	record(call, &event);
	errno = error;
}
