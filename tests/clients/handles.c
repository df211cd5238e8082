// SPDX-License-Identifier: PostgreSQL
/* handles.c - cancel handles, prepared statements and large objects, given back or not. */
#include <stdio.h>

#include "client.h"

#include <libpq/libpq-fs.h>

#define STATEMENTS 5

static void cancel_kept(void)
{
	PGconn *conn = client_open();
	if (!PQgetCancel(conn))
		client_fail(conn, "PQgetCancel");
	PQfinish(conn);
}

/* A handle may outlive its connection. */
static void cancel_freed(void)
{
	PGconn *conn = client_open();
	PGcancel *handle = PQgetCancel(conn);
	PGcancel *later = PQgetCancel(conn);
	PQfreeCancel(handle);
	PQfinish(conn);
	PQfreeCancel(later);
	PQfreeCancel(NULL);
}

static void prepare(PGconn *conn, const char *name)
{
	PGresult *result = PQprepare(conn, name, "SELECT 1", 0, NULL);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		client_fail(conn, "PQprepare");
	PQclear(result);
}

/* The loop that makes up a new name each time. */
static PGconn *prepare_some(void)
{
	PGconn *conn = client_open();
	for (int i = 0; i < STATEMENTS; i++) {
		char name[32];
		snprintf(name, sizeof(name), "Statement%d", i);
		prepare(conn, name);
	}
	return conn;
}

static void statements_kept(void)
{
	prepare_some();
}

static void statements_deallocated(void)
{
	PGconn *conn = prepare_some();
	for (int i = 0; i < STATEMENTS; i++) {
		char statement[64];
		snprintf(statement, sizeof(statement), "DEALLOCATE \"Statement%d\"", i);
		client_do(conn, statement);
	}
	prepare(conn, "lower_case");
	client_do(conn, "deallocate PREPARE Lower_Case");
	PQfinish(conn);
}

static void statements_sent(void)
{
	PGconn *conn = client_open();
	if (PQsendPrepare(conn, "sent", "SELECT 2", 0, NULL) != 1)
		client_fail(conn, "PQsendPrepare");
	client_drain(conn);
}

/* One statement under each way to deallocate all, and the connection's end for the last. */
static void statements_discarded(void)
{
	PGconn *conn = prepare_some();
	client_do(conn, "DEALLOCATE ALL");
	prepare(conn, "Statement0");
	client_do(conn, "DISCARD ALL");
	prepare(conn, "Statement0");
	prepare(conn, "");
	prepare(conn, "");
	PQfinish(conn);
}

/* What could not be prepared is nothing. */
static void statements_refused(void)
{
	PGconn *conn = client_open();
	prepare(conn, "once");
	PQclear(PQprepare(conn, "once", "SELECT 3", 0, NULL));
	PQclear(PQprepare(conn, "wrong", "SELECT FROM WHERE", 0, NULL));
}

static PGconn *open_large_object(int *ret_descriptor)
{
	PGconn *conn = client_open();
	client_do(conn, "BEGIN");
	Oid object = lo_creat(conn, INV_READ | INV_WRITE);
	*ret_descriptor = lo_open(conn, object, INV_WRITE);
	if (*ret_descriptor < 0 || lo_write(conn, *ret_descriptor, "large", 5) != 5)
		client_fail(conn, "large object");
	return conn;
}

static void large_object_kept(void)
{
	int descriptor;
	open_large_object(&descriptor);
}

static void large_object_closed(void)
{
	int descriptor;
	PGconn *conn = open_large_object(&descriptor);
	if (lo_close(conn, descriptor) != 0)
		client_fail(conn, "lo_close");
	client_do(conn, "COMMIT");
	PQfinish(conn);
}

/* The end of the transaction closes the first one; the connection stays open, in a second transaction. */
static void large_object_opened_again(void)
{
	int descriptor;
	PGconn *conn = open_large_object(&descriptor);
	client_do(conn, "COMMIT");
	client_do(conn, "BEGIN");
	Oid object = lo_creat(conn, INV_READ | INV_WRITE);
	if (lo_open(conn, object, INV_READ) < 0)
		client_fail(conn, "lo_open");
}

static void large_object_ends_with_transaction(void)
{
	int descriptor;
	PGconn *conn = open_large_object(&descriptor);
	client_do(conn, "ROLLBACK");
	PQfinish(conn);
}

int main(int argc, char **argv)
{
	static const struct client_twins twins[] = {
		{"cancel", "never frees a cancel handle", cancel_kept, cancel_freed},
		{"statement", "prepares five statements", statements_kept, statements_deallocated},
		{"statement-sent", "prepares a statement without waiting", statements_sent, statements_discarded},
		{"statement-refused", "prepares one of three", statements_refused, statements_discarded},
		{"large-object", "never closes a large object", large_object_kept, large_object_closed},
		{"large-object-end", "one is closed by the transaction's end", large_object_opened_again,
		 large_object_ends_with_transaction},
		{NULL, NULL, NULL, NULL},
	};
	return client_twins_main(argc, argv, twins);
}
