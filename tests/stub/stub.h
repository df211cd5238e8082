// SPDX-License-Identifier: PostgreSQL
/*
 * stub.h - the other side of the stub libpq: what a test tells it and reads from it.
 *
 * Each copy of the stub in a process has a control block of its own; ask the
 * right copy's pqstub_control, by linking or by dlsym on its handle.  All
 * counters may be read while other threads call the stub.
 */
#ifndef PQLEAK_STUB_H
#define PQLEAK_STUB_H

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Every function of the hook table. */
enum stub_function {
#define HOOK(verb, name, ...) STUB_##name,
#include "preload/libpq/hooks.def"
	STUB_FUNCTIONS,
	STUB_NONE
};

/* Prototypes of all of them: libpq's headers may be older than the table. */
typedef struct pg_cancel_conn PGcancelConn;
#define DECLARE_CONNECT(name, parameters, arguments) extern PGconn *name parameters;
#define DECLARE_CONNECT_START DECLARE_CONNECT
#define DECLARE_POLL(name, parameters, arguments) extern PostgresPollingStatusType name parameters;
#define DECLARE_RESET(name, parameters, arguments) extern void name parameters;
#define DECLARE_RESET_START(name, parameters, arguments) extern int name parameters;
#define DECLARE_FINISH DECLARE_RESET
#define DECLARE_PROBE(name, parameters, arguments) extern PGPing name parameters;
#define DECLARE_QUERY(name, parameters, arguments) extern PGresult *name parameters;
#define DECLARE_ASK DECLARE_QUERY
#define DECLARE_PREPARE DECLARE_QUERY
#define DECLARE_CLOSE_PREPARED DECLARE_QUERY
#define DECLARE_SEND DECLARE_RESET_START
#define DECLARE_SEND_NAMED DECLARE_RESET_START
#define DECLARE_SEND_PREPARE DECLARE_RESET_START
#define DECLARE_SEND_CLOSE DECLARE_RESET_START
#define DECLARE_FETCH DECLARE_QUERY
#define DECLARE_MAKE DECLARE_QUERY
#define DECLARE_COPY_RESULT DECLARE_QUERY
#define DECLARE_CLEAR DECLARE_RESET
#define DECLARE_LEND(name, parameters, arguments, type, kind, parent) extern type name parameters;
#define DECLARE_DEFAULTS(name, parameters, arguments) extern PQconninfoOption *name parameters;
#define DECLARE_PARSE DECLARE_DEFAULTS
#define DECLARE_GIVE_BACK(name, parameters, arguments, kind) extern void name parameters;
#define DECLARE_GET_COPY(name, parameters, arguments) extern int name parameters;
#define DECLARE_END_COPY DECLARE_GET_COPY
#define DECLARE_LO_OPEN DECLARE_GET_COPY
#define DECLARE_LO_CLOSE DECLARE_GET_COPY
#define DECLARE_LO_USE(name, parameters, arguments, type, failure) extern type name parameters;
#define HOOK(verb, ...) DECLARE_##verb(__VA_ARGS__)
#include "preload/libpq/hooks.def"

#define STUB_ARGUMENTS 8
#define STUB_ERRNO 1000 /* errno is this plus the function's number when a function of the stub returns */

struct stub_control {
	/* set by the test */
	_Atomic int failing;         /* this function returns NULL or its failure value; STUB_NONE: none does */
	_Atomic bool connect_fails;  /* the server refuses */
	_Atomic int results;         /* a statement has so many results, 2 at first */
	const char *_Atomic message; /* what PQerrorMessage says of a connection that failed */
	const char *_Atomic sslmode; /* what PQconninfo says of it */
	_Atomic bool is_slow;        /* a statement takes a while */
	/* counted by the stub */
	_Atomic unsigned calls[STUB_FUNCTIONS];
	_Atomic unsigned foreign;               /* objects handed to us that another libpq made, or that are released */
	_Atomic int errno_seen[STUB_FUNCTIONS]; /* errno when the function was last entered */
	_Atomic uintptr_t arguments[STUB_FUNCTIONS][STUB_ARGUMENTS];
	_Atomic unsigned conns, results_held, blocks_held; /* objects that exist now; a block is whatever is neither */
};

extern struct stub_control *pqstub_control(void);

/* Releases an object that is no block, and makes one, without a call that anybody could see. */
extern void pqstub_release(void *object);
extern PGresult *pqstub_make(void);

/* Statements that do something; all others just have results. */
#define STUB_QUERY_WITH_NOTICE "NOTICE" /* calls the notice receiver */
#define STUB_BEGIN "BEGIN"
#define STUB_COMMIT "COMMIT"
#define STUB_COPY_IN "COPY IN"
#define STUB_COPY_OUT "COPY OUT"
#define STUB_ERROR "ERROR"
#define STUB_LOSE "LOSE" /* the server goes away */

#define STUB_PASSWORD "stub-secret-word" /* what PQconninfo says it is */

/* The arguments of a call as numbers: STUB_EACH(f, (a, b)) is f(0, a) f(1, b) f(2, 0) ... */
#define STUB_EACH(f, arguments) STUB_EACH_(f, STUB_UNPACK arguments, 0, 0, 0, 0, 0, 0, 0, 0)
#define STUB_UNPACK(...) __VA_ARGS__
#define STUB_EACH_(...) STUB_EACH__(__VA_ARGS__)
#define STUB_EACH__(f, a, b, c, d, e, g, h, i, ...)                                                                    \
	f(0, (uintptr_t)(a)) f(1, (uintptr_t)(b)) f(2, (uintptr_t)(c)) f(3, (uintptr_t)(d)) f(4, (uintptr_t)(e))           \
		f(5, (uintptr_t)(g)) f(6, (uintptr_t)(h)) f(7, (uintptr_t)(i))

#endif
