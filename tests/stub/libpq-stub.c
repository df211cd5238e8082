// SPDX-License-Identifier: PostgreSQL
/*
 * libpq-stub.c - a libpq without a server, made from the hook table.
 *
 * Each verb of preload/hooks.def becomes a function that does what the real
 * one does as far as an interposer can see it: what it hands out, when it
 * fails, and which of its own exported functions it calls through its own PLT.
 * Built several times, as the several libpqs a process may have.  Owns its
 * objects in fixed pools, first fit, so that an address is used again at once
 * and every function may be called in a signal handler.
 */
#include "stub.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

static struct stub_control control = {.failing = STUB_NONE, .results = 2};

/* --- objects --- */

struct object {
	_Atomic bool is_used;
	const void *maker; /* the control block of the libpq that made it */
};

struct pg_conn {
	struct object object;
	ConnStatusType status;
	PGTransactionStatusType transaction;
	int backend_pid;
	int pending;     /* results of the last statement that were not fetched yet */
	bool has_notice; /* one is to be delivered before them */
	PQnoticeReceiver receiver;
	void *argument;
};

struct pg_result {
	struct object object;
	ExecStatusType status;
};

static struct pg_conn conns[1024];
static struct pg_result results[4096];
static _Atomic int backends;

static bool take(struct object *object)
{
	if (atomic_exchange(&object->is_used, true))
		return false;
	object->maker = &control;
	return true;
}

static PGconn *new_conn(ConnStatusType status)
{
	for (size_t i = 0; i < sizeof conns / sizeof conns[0]; i++)
		if (take(&conns[i].object)) {
			PGconn *conn = &conns[i];
			conn->status = atomic_load(&control.connect_fails) ? CONNECTION_BAD : status;
			conn->transaction = PQTRANS_IDLE;
			conn->backend_pid = conn->status == CONNECTION_BAD ? 0 : ++backends;
			conn->pending = 0;
			conn->has_notice = false;
			conn->receiver = NULL;
			control.conns++;
			return conn;
		}
	return NULL;
}

static PGresult *new_result(ExecStatusType status)
{
	for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
		if (take(&results[i].object)) {
			results[i].status = status;
			control.results_held++;
			return &results[i];
		}
	return NULL;
}

/* Counts an object that is not ours, or no more. */
static void check(const void *pointer)
{
	const struct object *object = pointer;
	if (object != NULL && (!atomic_load(&object->is_used) || object->maker != &control))
		control.foreign++;
}

static void release(void *pointer, _Atomic unsigned *held)
{
	struct object *object = pointer;
	check(object);
	if (object != NULL && atomic_exchange(&object->is_used, false))
		(*held)--;
}

EXPORT void pqstub_release(void *object)
{
	bool is_conn = object >= (void *)conns && object < (void *)(conns + sizeof conns / sizeof conns[0]);
	release(object, is_conn ? &control.conns : &control.results_held);
}

EXPORT PGresult *pqstub_make(void)
{
	return new_result(PGRES_TUPLES_OK);
}

EXPORT struct stub_control *pqstub_control(void)
{
	return &control;
}

/* --- every function --- */

static int enter(int function)
{
	atomic_store(&control.errno_seen[function], errno);
	control.calls[function]++;
	return function;
}

static void leave(const int *function)
{
	errno = STUB_ERRNO + *function;
}

#define STORE(n, value) atomic_store(&control.arguments[this_function][n], value);

#define BEGIN(name, arguments)                                                                                         \
	__attribute__((cleanup(leave))) int this_function = enter(STUB_##name);                                            \
	STUB_EACH(STORE, arguments)

#define IS_FAILING (atomic_load(&control.failing) == this_function)

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
		check(conn);                                                                                                   \
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
	check(conn);
	conn->status = atomic_load(&control.connect_fails) ? CONNECTION_BAD : CONNECTION_STARTED;
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
		release(conn, &control.conns);                                                                                 \
	}

#define PROBE(name, parameters, arguments)                                                                             \
	EXPORT PGPing name parameters                                                                                      \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		PQfinish(PQconnectStart(""));                                                                                  \
		return IS_FAILING ? PQPING_NO_RESPONSE : PQPING_OK;                                                            \
	}

static int send_statement(PGconn *conn, const char *statement)
{
	check(conn);
	if (conn == NULL)
		return 0;
	conn->pending = atomic_load(&control.results);
	conn->has_notice = strcmp(statement, STUB_QUERY_WITH_NOTICE) == 0;
	return 1;
}

#define SEND_WITH(name, parameters, arguments, statement)                                                              \
	EXPORT int name parameters                                                                                         \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING ? 0 : send_statement(conn, statement);                                                       \
	}
#define SEND(name, parameters, arguments) SEND_WITH(name, parameters, arguments, query)
#define SEND_NAMED(name, parameters, arguments) SEND_WITH(name, parameters, arguments, "")

/* Like PQexec's end: of several results the last one is the caller's. */
static PGresult *last_result(PGconn *conn)
{
	PGresult *last = NULL, *next;
	while ((next = PQgetResult(conn)) != NULL) {
		PQclear(last);
		last = next;
	}
	return last;
}

#define QUERY_WITH(name, parameters, arguments, statement)                                                             \
	EXPORT PGresult *name parameters                                                                                   \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING || !PQsendQuery(conn, statement) ? NULL : last_result(conn);                                 \
	}
#define QUERY(name, parameters, arguments) QUERY_WITH(name, parameters, arguments, query)
#define ASK(name, parameters, arguments) QUERY_WITH(name, parameters, arguments, "")

static void deliver_notice(PGconn *conn)
{
	conn->has_notice = false;
	PGresult *notice = PQmakeEmptyPGresult(conn, PGRES_NONFATAL_ERROR);
	if (conn->receiver != NULL)
		conn->receiver(conn->argument, notice);
	PQclear(notice);
}

#define FETCH(name, parameters, arguments)                                                                             \
	EXPORT PGresult *name parameters                                                                                   \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		check(conn);                                                                                                   \
		if (IS_FAILING || conn == NULL)                                                                                \
			return NULL;                                                                                               \
		if (conn->has_notice)                                                                                          \
			deliver_notice(conn);                                                                                      \
		return conn->pending-- > 0 ? PQmakeEmptyPGresult(conn, PGRES_TUPLES_OK) : NULL;                                \
	}

#define MAKE(name, parameters, arguments)                                                                              \
	EXPORT PGresult *name parameters                                                                                   \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		check(conn);                                                                                                   \
		return IS_FAILING ? NULL : new_result(status);                                                                 \
	}

#define COPY_RESULT(name, parameters, arguments)                                                                       \
	EXPORT PGresult *name parameters                                                                                   \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		check(src);                                                                                                    \
		return IS_FAILING ? NULL : PQmakeEmptyPGresult(NULL, src->status);                                             \
	}

#define CLEAR(name, parameters, arguments)                                                                             \
	EXPORT void name parameters                                                                                        \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		release(res, &control.results_held);                                                                           \
	}

#include "preload/hooks.def"

/* --- functions that are not wrapped --- */

EXPORT ConnStatusType PQstatus(const PGconn *conn)
{
	check(conn);
	return conn != NULL ? conn->status : CONNECTION_BAD;
}

EXPORT PGTransactionStatusType PQtransactionStatus(const PGconn *conn)
{
	check(conn);
	return conn != NULL ? conn->transaction : PQTRANS_UNKNOWN;
}

EXPORT int PQbackendPID(const PGconn *conn)
{
	check(conn);
	return conn != NULL ? conn->backend_pid : 0;
}

EXPORT int PQserverVersion(const PGconn *conn)
{
	check(conn);
	return conn != NULL && conn->status == CONNECTION_OK ? 150004 : 0;
}

EXPORT int PQsslInUse(PGconn *conn)
{
	check(conn);
	return 0;
}

EXPORT ExecStatusType PQresultStatus(const PGresult *res)
{
	check(res);
	return res != NULL ? res->status : PGRES_FATAL_ERROR;
}

EXPORT const char *PQparameterStatus(const PGconn *conn, const char *paramName)
{
	check(conn);
	return strcmp(paramName, "application_name") == 0 ? "stub application" : NULL;
}

#define TEXT(name, text)                                                                                               \
	EXPORT char *name(const PGconn *conn)                                                                              \
	{                                                                                                                  \
		static char answer[] = text;                                                                                   \
		check(conn);                                                                                                   \
		return answer;                                                                                                 \
	}
TEXT(PQhost, "stub-host")
TEXT(PQport, "5433")
TEXT(PQdb, "stub-database")
TEXT(PQuser, "stub-user")

EXPORT PQnoticeReceiver PQsetNoticeReceiver(PGconn *conn, PQnoticeReceiver proc, void *arg)
{
	check(conn);
	PQnoticeReceiver before = conn->receiver;
	conn->receiver = proc;
	conn->argument = arg;
	return before;
}

/* The outer call is not wrapped, its inner ones are. */
EXPORT int PQsetClientEncoding(PGconn *conn, const char *encoding)
{
	(void)encoding;
	PGresult *res = PQexec(conn, "set client_encoding");
	int outcome = res != NULL ? 0 : -1;
	PQclear(res);
	return outcome;
}
