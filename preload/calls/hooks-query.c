// SPDX-License-Identifier: PostgreSQL
/* hooks-query.c - turns each line of hooks-query.def into an exported function. */
#include "preload/calls/wrap.h"

#define CONNECT(name, parameters, arguments)                                                                           \
	DEFINE(PGconn *, name, parameters)                                                                                 \
	{                                                                                                                  \
		BEGIN(name, NULL);                                                                                             \
		if (call.real == NULL)                                                                                         \
			return NULL;                                                                                               \
		call.began = call_now();                                                                                       \
		PGconn *opened = REAL(PGconn *, parameters) arguments;                                                         \
		if (traced)                                                                                                    \
			verb_connected(&call, opened);                                                                             \
		return opened;                                                                                                 \
	}
#define CONNECT_START CONNECT

#define POLL(name, parameters, arguments)                                                                              \
	TALKING(PostgresPollingStatusType, name, parameters, arguments, PGRES_POLLING_FAILED,                              \
			verb_polled(&call, conn, answer))

#define RESET(name, parameters, arguments)                                                                             \
	DEFINE(void, name, parameters)                                                                                     \
	{                                                                                                                  \
		BEGIN(name, conn);                                                                                             \
		if (call.real == NULL)                                                                                         \
			return;                                                                                                    \
		struct turn turn = traced ? turn_take(&call, conn) : (struct turn){0};                                         \
		call.began = call_now();                                                                                       \
		REAL(void, parameters) arguments;                                                                              \
		turn_give(turn);                                                                                               \
		if (traced)                                                                                                    \
			verb_reset(&call, conn);                                                                                   \
	}

/* The turn ends before the real call: then the address may be another connection's at once. */
#define FINISH(name, parameters, arguments)                                                                            \
	DEFINE(void, name, parameters)                                                                                     \
	{                                                                                                                  \
		BEGIN(name, conn);                                                                                             \
		turn_give(traced ? turn_take(&call, conn) : (struct turn){0});                                                 \
		if (traced)                                                                                                    \
			verb_finishing(&call, conn);                                                                               \
		if (call.real != NULL)                                                                                         \
			REAL(void, parameters) arguments;                                                                          \
	}

#define PROBE(name, parameters, arguments)                                                                             \
	ANSWERING(PGPing, name, parameters, arguments, NULL, PQPING_NO_ATTEMPT, (void)0)

/* The functions that answer 0 or 1 and are, at least, a use. */
#define USING(name, parameters, arguments, verb) TALKING(int, name, parameters, arguments, 0, verb)
#define RESET_START(name, parameters, arguments) USING(name, parameters, arguments, verb_used(&call, conn, 0))
#define SEND(name, parameters, arguments) USING(name, parameters, arguments, verb_sent(&call, conn, query, answer))
#define SEND_NAMED(name, parameters, arguments) USING(name, parameters, arguments, verb_sent(&call, conn, NULL, answer))
#define SEND_PREPARE(name, parameters, arguments)                                                                      \
	USING(name, parameters, arguments, verb_sent_prepare(&call, conn, stmtName, query, answer))
#define SEND_CLOSE(name, parameters, arguments)                                                                        \
	USING(name, parameters, arguments, verb_sent_close(&call, conn, stmtName, answer))

/* The functions that hand out a result. */
#define RESULT(name, parameters, arguments, verb) TALKING(PGresult *, name, parameters, arguments, NULL, verb)
#define QUERY(name, parameters, arguments) RESULT(name, parameters, arguments, verb_queried(&call, conn, query, answer))
#define ASK(name, parameters, arguments) RESULT(name, parameters, arguments, verb_queried(&call, conn, NULL, answer))
#define FETCH(name, parameters, arguments) RESULT(name, parameters, arguments, verb_fetched(&call, conn, answer))
#define PREPARE(name, parameters, arguments)                                                                           \
	RESULT(name, parameters, arguments, verb_prepared(&call, conn, stmtName, query, answer))
#define CLOSE_PREPARED(name, parameters, arguments)                                                                    \
	RESULT(name, parameters, arguments, verb_closed_prepared(&call, conn, stmtName, answer))

#define MAKE(name, parameters, arguments)                                                                              \
	ANSWERING(PGresult *, name, parameters, arguments, conn, NULL, verb_made(&call, answer))
#define COPY_RESULT(name, parameters, arguments)                                                                       \
	ANSWERING(PGresult *, name, parameters, arguments, src, NULL, verb_made(&call, answer))

#define CLEAR(name, parameters, arguments) GIVING_BACK(name, parameters, arguments, res, verb_clearing(&call, res))

#include "preload/libpq/hooks-query.def"
