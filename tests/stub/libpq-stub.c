// SPDX-License-Identifier: PostgreSQL
/*
 * libpq-stub.c - a libpq without a server, made from the hook table.
 *
 * Each verb of preload/libpq/hooks.def becomes a function that does what the real
 * one does as far as an interposer can see it: what it hands out, when it
 * fails, and which of its own exported functions it calls through its own PLT.
 * Built several times, as the several libpqs a process may have.  Owns its
 * objects in fixed pools, first fit, so that an address is used again at once
 * and every function may be called in a signal handler.
 */
#include "libpq-stub.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "libpq-stub-other.h"

struct stub_control stub_control = {.failing = STUB_NONE, .results = 2};

/* --- objects --- */

static struct pg_conn conns[1024];
static struct pg_result results[4096];
static _Atomic int backends;

bool stub_take(struct object *object)
{
	if (atomic_exchange(&object->is_used, true))
		return false;
	object->maker = &stub_control;
	return true;
}

static PGconn *new_conn(ConnStatusType status)
{
	for (size_t i = 0; i < sizeof conns / sizeof conns[0]; i++)
		if (stub_take(&conns[i].object)) {
			PGconn *conn = &conns[i];
			conn->status = atomic_load(&stub_control.connect_fails) ? CONNECTION_BAD : status;
			conn->transaction = PQTRANS_IDLE;
			conn->backend_pid = conn->status == CONNECTION_BAD ? 0 : ++backends;
			conn->pending = conn->queued = conn->rows = 0;
			conn->is_active = conn->is_pipeline = false;
			conn->has_notice = false;
			conn->receiver = NULL;
			stub_control.conns++;
			return conn;
		}
	return NULL;
}

static PGresult *new_result(ExecStatusType status)
{
	for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
		if (stub_take(&results[i].object)) {
			results[i].status = status;
			stub_control.results_held++;
			return &results[i];
		}
	return NULL;
}

void stub_check(const void *pointer)
{
	const struct object *object = pointer;
	if (object != NULL && (!atomic_load(&object->is_used) || object->maker != &stub_control))
		stub_control.foreign++;
}

void stub_release(void *pointer, _Atomic unsigned *held)
{
	struct object *object = pointer;
	stub_check(object);
	if (object != NULL && atomic_exchange(&object->is_used, false))
		(*held)--;
}

EXPORT void pqstub_release(void *object)
{
	bool is_conn = object >= (void *)conns && object < (void *)(conns + sizeof conns / sizeof conns[0]);
	stub_release(object, is_conn ? &stub_control.conns : &stub_control.results_held);
}

EXPORT PGresult *pqstub_make(void)
{
	return new_result(PGRES_TUPLES_OK);
}

EXPORT struct stub_control *pqstub_control(void)
{
	return &stub_control;
}

/* --- every function --- */

int stub_enter(int function)
{
	atomic_store(&stub_control.errno_seen[function], errno);
	stub_control.calls[function]++;
	return function;
}

void stub_leave(const int *function)
{
	errno = STUB_ERRNO + *function;
}

/* --- the verbs --- */

#define CONNECT(name, parameters, arguments)                                                                           \
	EXPORT PGconn *name parameters                                                                                     \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		if (IS_FAILING)                                                                                                \
			return NULL;                                                                                               \
		PGconn *made = PQconnectStart("");                                                                             \
		if (made != NULL && made->status != CONNECTION_BAD)                                                            \
			PQconnectPoll(made);                                                                                       \
		return made;                                                                                                   \
	}

#define CONNECT_START(name, parameters, arguments)                                                                     \
	EXPORT PGconn *name parameters                                                                                     \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING ? NULL : new_conn(CONNECTION_STARTED);                                                       \
	}

#define POLL(name, parameters, arguments)                                                                              \
	EXPORT PostgresPollingStatusType name parameters                                                                   \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		stub_check(conn);                                                                                              \
		PQclear(PQgetResult(conn));                                                                                    \
		if (IS_FAILING || conn->status == CONNECTION_BAD) {                                                            \
			conn->status = CONNECTION_BAD;                                                                             \
			return PGRES_POLLING_FAILED;                                                                               \
		}                                                                                                              \
		conn->status = CONNECTION_OK;                                                                                  \
		return this_function == STUB_PQconnectPoll ? PGRES_POLLING_OK : PQconnectPoll(conn);                           \
	}

static void restart(PGconn *conn)
{
	stub_check(conn);
	conn->status = atomic_load(&stub_control.connect_fails) ? CONNECTION_BAD : CONNECTION_STARTED;
	conn->backend_pid = conn->status == CONNECTION_BAD ? 0 : ++backends;
}

#define RESET(name, parameters, arguments)                                                                             \
	EXPORT void name parameters                                                                                        \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		if (conn == NULL)                                                                                              \
			return;                                                                                                    \
		restart(conn);                                                                                                 \
		PQconnectPoll(conn);                                                                                           \
	}

#define RESET_START(name, parameters, arguments)                                                                       \
	EXPORT int name parameters                                                                                         \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		if (IS_FAILING || conn == NULL)                                                                                \
			return 0;                                                                                                  \
		restart(conn);                                                                                                 \
		return 1;                                                                                                      \
	}

#define FINISH(name, parameters, arguments)                                                                            \
	EXPORT void name parameters                                                                                        \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		stub_release(conn, &stub_control.conns);                                                                       \
	}

#define PROBE(name, parameters, arguments)                                                                             \
	EXPORT PGPing name parameters                                                                                      \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		PQfinish(PQconnectStart(""));                                                                                  \
		return IS_FAILING ? PQPING_NO_RESPONSE : PQPING_OK;                                                            \
	}

static const struct {
	const char *text;
	ExecStatusType answer;
	PGTransactionStatusType transaction;
} statements[] = {
	{STUB_BEGIN, PGRES_COMMAND_OK, PQTRANS_INTRANS},  {STUB_COMMIT, PGRES_COMMAND_OK, PQTRANS_IDLE},
	{STUB_COPY_IN, PGRES_COPY_IN, PQTRANS_UNKNOWN},   {STUB_COPY_OUT, PGRES_COPY_OUT, PQTRANS_UNKNOWN},
	{STUB_ERROR, PGRES_FATAL_ERROR, PQTRANS_UNKNOWN},
};

int stub_send(PGconn *conn, const char *statement, ExecStatusType answer)
{
	stub_check(conn);
	if (conn == NULL || conn->status == CONNECTION_BAD)
		return 0;
	conn->answer = answer;
	for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
		if (strcmp(statement, statements[i].text) == 0) {
			conn->answer = statements[i].answer;
			if (statements[i].transaction != PQTRANS_UNKNOWN)
				conn->transaction = statements[i].transaction;
		}
	if (strcmp(statement, STUB_LOSE) == 0)
		conn->status = CONNECTION_BAD;
	if (conn->is_pipeline && conn->is_active) {
		conn->queued++;
		return 1;
	}
	conn->is_active = true;
	conn->pending = atomic_load(&stub_control.results);
	conn->rows = conn->answer == PGRES_COPY_OUT ? 2 : 0;
	conn->has_notice = strcmp(statement, STUB_QUERY_WITH_NOTICE) == 0;
	while (atomic_load(&stub_control.is_slow))
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return 1;
}

#define SEND_WITH(name, parameters, arguments, statement, answer)                                                      \
	EXPORT int name parameters                                                                                         \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING ? 0 : stub_send(conn, statement, answer);                                                    \
	}
#define SEND(name, parameters, arguments) SEND_WITH(name, parameters, arguments, query, PGRES_TUPLES_OK)
#define SEND_NAMED(name, parameters, arguments) SEND_WITH(name, parameters, arguments, "", PGRES_TUPLES_OK)
#define SEND_PREPARE(name, parameters, arguments) SEND_WITH(name, parameters, arguments, "", PGRES_COMMAND_OK)
#define SEND_CLOSE SEND_PREPARE

static bool is_copy(ExecStatusType status)
{
	return status == PGRES_COPY_IN || status == PGRES_COPY_OUT;
}

/* Like PQexec's end: of several results the last one is the caller's. */
static PGresult *last_result(PGconn *conn)
{
	PGresult *last = NULL, *next;
	while ((next = PQgetResult(conn)) != NULL) {
		PQclear(last);
		last = next;
		if (is_copy(last->status))
			break;
	}
	return last;
}

static PGresult *exec_statement(PGconn *conn, const char *statement, ExecStatusType answer)
{
	if (conn != NULL && conn->is_pipeline)
		return NULL;
	if (answer == PGRES_TUPLES_OK ? !PQsendQuery(conn, statement) : !PQsendPrepare(conn, "", "", 0, NULL))
		return NULL;
	return last_result(conn);
}

#define QUERY_WITH(name, parameters, arguments, statement, answer)                                                     \
	EXPORT PGresult *name parameters                                                                                   \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING ? NULL : exec_statement(conn, statement, answer);                                            \
	}
#define QUERY(name, parameters, arguments) QUERY_WITH(name, parameters, arguments, query, PGRES_TUPLES_OK)
#define ASK(name, parameters, arguments) QUERY_WITH(name, parameters, arguments, "", PGRES_TUPLES_OK)
#define PREPARE(name, parameters, arguments) QUERY_WITH(name, parameters, arguments, "", PGRES_COMMAND_OK)
#define CLOSE_PREPARED PREPARE

static void deliver_notice(PGconn *conn)
{
	conn->has_notice = false;
	PGresult *notice = PQmakeEmptyPGresult(conn, PGRES_NONFATAL_ERROR);
	if (conn->receiver != NULL)
		conn->receiver(conn->argument, notice);
	PQclear(notice);
}

/* The results of a statement, and then a NULL. */
static PGresult *next_result(PGconn *conn)
{
	if (conn->has_notice)
		deliver_notice(conn);
	if (conn->pending-- > 0)
		return PQmakeEmptyPGresult(conn, conn->status == CONNECTION_BAD ? PGRES_FATAL_ERROR : conn->answer);
	conn->is_active = conn->queued > 0;
	conn->pending = conn->is_active ? atomic_load(&stub_control.results) : 0;
	conn->queued -= conn->is_active;
	return NULL;
}

#define FETCH(name, parameters, arguments)                                                                             \
	EXPORT PGresult *name parameters                                                                                   \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		stub_check(conn);                                                                                              \
		return IS_FAILING || conn == NULL ? NULL : next_result(conn);                                                  \
	}

#define MAKE(name, parameters, arguments)                                                                              \
	EXPORT PGresult *name parameters                                                                                   \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		stub_check(conn);                                                                                              \
		return IS_FAILING ? NULL : new_result(status);                                                                 \
	}

#define COPY_RESULT(name, parameters, arguments)                                                                       \
	EXPORT PGresult *name parameters                                                                                   \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		stub_check(src);                                                                                               \
		return IS_FAILING ? NULL : PQmakeEmptyPGresult(NULL, src->status);                                             \
	}

#define CLEAR(name, parameters, arguments)                                                                             \
	EXPORT void name parameters                                                                                        \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		stub_release(res, &stub_control.results_held);                                                                 \
	}

#define HOOK(verb, ...) verb(__VA_ARGS__)
#include "preload/libpq/hooks.def"
