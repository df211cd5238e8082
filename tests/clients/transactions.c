// SPDX-License-Identifier: PostgreSQL
/* transactions.c - begins transactions and ends them, or not. */
#include <unistd.h>

#include "client.h"

#define NAP_US 200000

static PGconn *begin_work(void)
{
	PGconn *conn = client_open();
	client_do(conn, "BEGIN");
	client_do(conn, "CREATE TABLE work (n int)");
	return conn;
}

static void never_ended(void)
{
	begin_work();
}

static void ended(void)
{
	PGconn *conn = begin_work();
	client_do(conn, "COMMIT");
	PQfinish(conn);
}

static PGconn *begin_and_fail(void)
{
	PGconn *conn = client_open();
	client_do(conn, "BEGIN");
	PQclear(PQexec(conn, "SELECT 1/0"));
	return conn;
}

static void never_rolled_back(void)
{
	begin_and_fail();
}

static void rolled_back(void)
{
	PGconn *conn = begin_and_fail();
	client_do(conn, "ROLLBACK");
	PQfinish(conn);
}

/* The calls on both sides of the nap: the report is to name the first of them. */
static void before_the_nap(PGconn *conn)
{
	client_do(conn, "SELECT 1");
	client_say("napping");
}

static void idle_inside(void)
{
	PGconn *conn = client_open();
	client_do(conn, "BEGIN");
	before_the_nap(conn);
	usleep(NAP_US);
	client_do(conn, "SELECT 2");
	client_do(conn, "COMMIT");
	PQfinish(conn);
}

static void idle_outside(void)
{
	PGconn *conn = client_open();
	client_do(conn, "BEGIN");
	client_do(conn, "SELECT 2");
	client_do(conn, "COMMIT");
	before_the_nap(conn);
	usleep(NAP_US);
	PQfinish(conn);
}

/* A reset ends the first transaction; nothing ends the second. */
static void begin_reset_begin(void)
{
	PGconn *conn = client_open();
	client_do(conn, "BEGIN");
	PQreset(conn);
	if (PQstatus(conn) != CONNECTION_OK)
		client_fail(conn, "reset");
	client_do(conn, "BEGIN");
}

static void begin_reset(void)
{
	PGconn *conn = client_open();
	client_do(conn, "BEGIN");
	PQreset(conn);
	PQfinish(conn);
}

/* A transaction of many statements is one; each statement outside of one is none. */
static void many(void)
{
	PGconn *conn = client_open();
	for (int round = 0; round < 10; round++) {
		client_do(conn, "BEGIN");
		client_do(conn, "SAVEPOINT here");
		client_do(conn, "ROLLBACK TO here");
		client_do(conn, "COMMIT");
		client_do(conn, "SELECT 3");
	}
	client_do(conn, "BEGIN");
}

static void many_ended(void)
{
	PGconn *conn = client_open();
	for (int round = 0; round < 10; round++) {
		client_do(conn, "BEGIN");
		client_do(conn, "COMMIT AND CHAIN"); /* the next one begins in the same call: to libpq it is one */
		client_do(conn, "ROLLBACK");
		client_do(conn, "SELECT 3");
	}
	PQfinish(conn);
}

int main(int argc, char **argv)
{
	static const struct client_twins twins[] = {
		{"never-ended", "BEGIN without COMMIT", never_ended, ended},
		{"failed", "a transaction that failed, without ROLLBACK", never_rolled_back, rolled_back},
		{"idle", "does something else for a while, inside a transaction or after it", idle_inside, idle_outside},
		{"reset", "resets the connection in a transaction", begin_reset_begin, begin_reset},
		{"many", "ten transactions, and one more that is not ended", many, many_ended},
		{NULL, NULL, NULL, NULL},
	};
	return client_twins_main(argc, argv, twins);
}
