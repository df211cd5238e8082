// SPDX-License-Identifier: PostgreSQL
/*
 * libpq-stub.h - what the files of the stub libpq share.
 *
 * Owns the objects' layout.  Everything here is hidden: a libpq exports no
 * more than it must.
 */
#ifndef PQLEAK_LIBPQ_STUB_H
#define PQLEAK_LIBPQ_STUB_H

#include "stub.h"

#define EXPORT __attribute__((visibility("default")))
#define HIDDEN __attribute__((visibility("hidden")))

struct object {
	_Atomic bool is_used;
	const void *maker; /* the control block of the libpq that made it */
};

struct pg_conn {
	struct object object;
	ConnStatusType status;
	PGTransactionStatusType transaction; /* but for a statement in flight */
	ExecStatusType answer;               /* of the last statement's results */
	int backend_pid;
	int pending;    /* results of the last statement that were not fetched yet */
	int queued;     /* statements behind it in a pipeline */
	bool is_active; /* a statement is in flight: the NULL behind its results was not fetched */
	bool is_pipeline;
	int rows;        /* of a COPY OUT, still to come */
	bool has_notice; /* one is to be delivered before them */
	PQnoticeReceiver receiver;
	void *argument;
};

struct pg_result {
	struct object object;
	ExecStatusType status;
};

HIDDEN extern struct stub_control stub_control;

/* Takes an object of a pool, if it is free. */
HIDDEN extern bool stub_take(struct object *object);

/* Counts an object that is not ours, or no more. */
HIDDEN extern void stub_check(const void *pointer);

/* Gives it back to its pool; `held` counts those taken. */
HIDDEN extern void stub_release(void *pointer, _Atomic unsigned *held);

/* Accepts a statement; 0 or 1 as PQsendQuery. */
HIDDEN extern int stub_send(PGconn *conn, const char *statement, ExecStatusType answer);

/* --- every function --- */

HIDDEN extern int stub_enter(int function);
HIDDEN extern void stub_leave(const int *function);

#define STORE(n, value) atomic_store(&stub_control.arguments[this_function][n], value);

#define ENTER(name) __attribute__((cleanup(stub_leave))) int this_function = stub_enter(STUB_##name)
#define BEGIN(name, arguments)                                                                                         \
	ENTER(name);                                                                                                       \
	STUB_EACH(STORE, arguments)

#define IS_FAILING (atomic_load(&stub_control.failing) == this_function)

#endif
