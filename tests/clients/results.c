// SPDX-License-Identifier: PostgreSQL
/* results.c - takes results from libpq in every way it has, and clears them or not; the connection is always finished. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

#define FUNCTION_INT4PL 177

static PGresult *by_exec(PGconn *conn)
{
	return PQexec(conn, "SELECT 1");
}

static PGresult *by_exec_params(PGconn *conn)
{
	const char *const values[] = {"1"};
	return PQexecParams(conn, "SELECT $1::int", 1, NULL, values, NULL, NULL, 0);
}

static PGresult *by_prepare(PGconn *conn)
{
	return PQprepare(conn, "", "SELECT 2", 0, NULL);
}

static PGresult *by_exec_prepared(PGconn *conn)
{
	PQclear(PQprepare(conn, "three", "SELECT 3", 0, NULL));
	return PQexecPrepared(conn, "three", 0, NULL, NULL, NULL, 0);
}

static PGresult *by_describe_prepared(PGconn *conn)
{
	PQclear(PQprepare(conn, "four", "SELECT 4", 0, NULL));
	return PQdescribePrepared(conn, "four");
}

static PGresult *by_describe_portal(PGconn *conn)
{
	client_do(conn, "BEGIN");
	client_do(conn, "DECLARE walk CURSOR FOR SELECT 5");
	PGresult *result = PQdescribePortal(conn, "walk");
	client_do(conn, "COMMIT");
	return result;
}

static PGresult *by_get_result(PGconn *conn)
{
	PQsendQuery(conn, "SELECT 6");
	PGresult *result = PQgetResult(conn);
	PGresult *end = PQgetResult(conn);
	if (end)
		exit(93);
	return result;
}

static PGresult *by_fn(PGconn *conn)
{
	int sum = 0, length = 0;
	PQArgBlock numbers[] = {{.len = 4, .isint = 1, .u = {.integer = 3}}, {.len = 4, .isint = 1, .u = {.integer = 4}}};
	PGresult *result = PQfn(conn, FUNCTION_INT4PL, &sum, &length, 1, numbers, 2);
	if (sum != 7)
		exit(94);
	return result;
}

static PGresult *by_make_empty(PGconn *conn)
{
	return PQmakeEmptyPGresult(conn, PGRES_TUPLES_OK);
}

static PGresult *by_copy(PGconn *conn)
{
	PGresult *original = PQexec(conn, "SELECT 7");
	PGresult *copy = PQcopyResult(original, PG_COPYRES_TUPLES | PG_COPYRES_ATTRS);
	PQclear(original);
	return copy;
}

static const struct way {
	const char *name;
	PGresult *(*take)(PGconn *conn);
} ways[] = {
	{"PQexec", by_exec},
	{"PQexecParams", by_exec_params},
	{"PQprepare", by_prepare},
	{"PQexecPrepared", by_exec_prepared},
	{"PQdescribePrepared", by_describe_prepared},
	{"PQdescribePortal", by_describe_portal},
	{"PQgetResult", by_get_result},
	{"PQfn", by_fn},
	{"PQmakeEmptyPGresult", by_make_empty},
	{"PQcopyResult", by_copy},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static bool went_well(PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

static int leak(int argc, char **argv)
{
	PGconn *conn = client_open();
	bool well = false;
	for (size_t i = 0; argc > 1 && i < WAYS; i++)
		if (strcmp(ways[i].name, argv[1]) == 0)
			well = went_well(ways[i].take(conn));
	PQfinish(conn);
	return well ? 0 : 1;
}

static int clean(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	bool well = true;
	for (size_t i = 0; i < WAYS; i++) {
		PGresult *result = ways[i].take(conn);
		well &= went_well(result);
		PQclear(result);
	}
	PQclear(NULL);
	PQfinish(conn);
	return well ? 0 : 1;
}

static int flood(int argc, char **argv)
{
	int taken = client_number(argc, argv, 1, 1000);
	int kept = client_number(argc, argv, 2, 0);
	PGconn *conn = client_open();
	for (int i = 0; i < taken; i++) {
		PGresult *result = PQexec(conn, "SELECT 8");
		if (i >= kept)
			PQclear(result);
	}
	PQfinish(conn);
	return 0;
}

static int clear_late(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	PGresult *result = by_exec(conn);
	PQfinish(conn);
	PQclear(result);
	return 0;
}

static int held(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	PGresult *result = by_exec(conn);
	client_do(conn, "SELECT pg_sleep(0.1)");
	PQclear(result);
	PQfinish(conn);
	return 0;
}

static int rows(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	PQsendQuery(conn, "SELECT generate_series(1, 5)");
	PQsetSingleRowMode(conn);
	for (PGresult *row = PQgetResult(conn); row; row = PQgetResult(conn))
		if (PQresultStatus(row) == PGRES_TUPLES_OK)
			PQclear(row); /* the end of the rows; the rows themselves are forgotten */
	PQfinish(conn);
	return 0;
}

static int nested(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	PQsetClientEncoding(conn, "UTF8");
	PQfreemem(PQencryptPasswordConn(conn, "abc", "somebody", NULL));
	PQfinish(conn);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct client_case cases[] = {
		{"leak", "FUNCTION: leaks one result of it", leak},
		{"clean", "takes a result in every way and clears all", clean},
		{"flood", "N K: takes N results, leaks the first K", flood},
		{"clear-late", "clears a result after its connection is finished", clear_late},
		{"held", "holds a result for a tenth of a second", held},
		{"rows", "leaks the five rows of single-row mode", rows},
		{"nested", "calls of libpq that use results of their own", nested},
		{NULL, NULL, NULL},
	};
	return client_main(argc, argv, cases);
}
