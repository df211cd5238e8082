// SPDX-License-Identifier: PostgreSQL
/* service.c - a service with a pool of its own, which closes at its exit what it lent to handlers that failed.
 * Argument: leak, or fixed: they give it back. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 16
#define REQUESTS 12

static PGconn *opened[MOST];
static int count;
static PGconn *free_ones[MOST];
static int free_count;
static int fixed;

static PGconn *pool_take(void)
{
	if (free_count > 0)
		return free_ones[--free_count];
	PGconn *conn = PQconnectdb(""); //: take
	if (count == MOST || PQstatus(conn) != CONNECTION_OK)
		exit(90);
	return opened[count++] = conn;
}

static void pool_give(PGconn *conn)
{
	free_ones[free_count++] = conn;
}

static void pool_close(void)
{
	while (count > 0)
		PQfinish(opened[--count]);
}

static void order(PGconn *conn)
{
	PQclear(PQexec(conn, "SELECT 1"));
	pool_give(conn);
}

static void refund(PGconn *conn)
{
	PGresult *result = PQexec(conn, "SELECT 1/0");
	int failed = PQresultStatus(result) != PGRES_TUPLES_OK;
	PQclear(result);
	if (failed && !fixed)
		return;
	pool_give(conn);
}

int main(int argc, char **argv)
{
	fixed = argc > 1 && strcmp(argv[1], "fixed") == 0;
	atexit(pool_close);
	for (int i = 0; i < REQUESTS; i++)
		(i % 3 == 2 ? refund : order)(pool_take());
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
