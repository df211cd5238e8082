// SPDX-License-Identifier: PostgreSQL
/*
 * host-kinds.c - everything libpq hands out but connections: of each kind some that are given back, and some not.
 *
 * Each case leaks what its test names, and nothing else; what is given back lies beside it.
 */
#include <stddef.h>
#include <string.h>

#include "host.h"

/* A connection as a server would have it: decided, and idle. */
static PGconn *connected(void)
{
	PGconn *conn = PQconnectdb("");
	require(conn != NULL, "a connection");
	return conn;
}

static int end(PGconn *conn)
{
	PQfinish(conn);
	say_counts("libpq", pqstub_control());
	return 0;
}

/* One transaction ended, one that failed and was ended, and one that is still open at exit. */
static int transaction(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = connected();
	for (int i = 0; i < 2; i++) {
		PQclear(PQexec(conn, STUB_BEGIN));
		PQclear(PQexec(conn, i == 0 ? "SELECT 1" : STUB_ERROR));
		PQclear(PQexec(conn, STUB_COMMIT));
	}
	PQclear(PQexec(conn, STUB_BEGIN));
	say_counts("libpq", pqstub_control());
	return 0;
}

/* A query drained, one in the midst of its results, and then one refused: nothing is in flight for that. */
static int query(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = connected(), *other = connected();
	PGresult *res;
	PQsendQuery(conn, "SELECT 1");
	while ((res = PQgetResult(conn)) != NULL)
		PQclear(res);
	PQsendQuery(conn, "SELECT 2");
	PQclear(PQgetResult(conn));
	pqstub_control()->failing = STUB_PQsendQuery;
	PQsendQuery(other, "SELECT 3");
	pqstub_control()->failing = STUB_NONE;
	say_counts("libpq", pqstub_control());
	return 0;
}

/* Three queries in a pipeline, of which two are fetched. */
static int pipeline(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = connected();
	PQenterPipelineMode(conn);
	for (int i = 0; i < 3; i++)
		PQsendQueryParams(conn, "SELECT 1", 0, NULL, NULL, NULL, NULL, 0);
	say("exec in a pipeline: %s", PQexec(conn, "SELECT 2") == NULL ? "NULL" : "a result");
	for (int i = 0; i < 2; i++) {
		PGresult *res;
		while ((res = PQgetResult(conn)) != NULL)
			PQclear(res);
	}
	say_counts("libpq", pqstub_control());
	return 0;
}

static void copy_in(PGconn *conn)
{
	PGresult *res;
	PQclear(PQexec(conn, STUB_COPY_IN));
	PQputCopyEnd(conn, NULL);
	while ((res = PQgetResult(conn)) != NULL)
		PQclear(res);
}

/* COPY in each way, ended; the last one is not. */
static int copy(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = connected();
	char *row;
	PGresult *res;
	copy_in(conn);
	PQclear(PQexec(conn, STUB_COPY_OUT));
	while (PQgetCopyData(conn, &row, 0) > 0)
		PQfreemem(row);
	while ((res = PQgetResult(conn)) != NULL)
		PQclear(res);
	PQclear(PQexec(conn, STUB_COPY_IN));
	PQendcopy(conn);
	PQclear(PQexec(conn, STUB_COPY_OUT));
	PQgetCopyData(conn, &row, 0); /* and a row that nobody frees */
	say_counts("libpq", pqstub_control());
	return 0;
}

/* Each of the functions that make something of a block; all but one of each are freed. */
static int memory(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = connected();
	PGresult *res = PQexec(conn, "SELECT 1");
	const unsigned char bytes[] = "bytes";
	char *message = NULL;
	size_t length;
	for (int i = 0; i < 2; i++) {
		void *held[] = {
			PQnotifies(conn),
			PQescapeLiteral(conn, "a", 1),
			PQescapeIdentifier(conn, "a", 1),
			PQescapeByteaConn(conn, bytes, 5, &length),
			PQescapeBytea(bytes, 5, &length),
			PQunescapeBytea(bytes, &length),
			PQencryptPassword("a", "b"),
			PQencryptPasswordConn(conn, "a", "b", NULL),
			PQresultVerboseErrorMessage(res, PQERRORS_TERSE, PQSHOW_CONTEXT_NEVER),
		};
		PQconninfoOption *options[] = {PQconninfo(conn), PQconndefaults(), PQconninfoParse("", &message)};
		for (size_t b = 0; i == 0 && b < sizeof held / sizeof held[0]; b++)
			if (b == 0)
				PQfreeNotify(held[b]);
			else
				PQfreemem(held[b]);
		for (size_t b = 0; i == 0 && b < 3; b++)
			PQconninfoFree(options[b]);
	}
	pqstub_control()->failing = STUB_PQconninfoParse;
	for (int i = 0; i < 2; i++) {
		PQconninfoParse("=", &message);
		if (i == 0)
			PQfreemem(message);
	}
	pqstub_control()->failing = STUB_NONE;
	PQclear(res);
	return end(conn);
}

static int cancel(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = connected();
	PQfreeCancel(PQgetCancel(conn));
	PQcancelFinish(PQcancelCreate(conn));
	PQgetCancel(conn);
	PQcancelCreate(conn);
	return end(conn);
}

/* prepared STATEMENT: four names, and then what a program may say to end them. */
static int prepared(int argc, char **argv)
{
	PGconn *conn = connected();
	PQclear(PQprepare(conn, "one", "SELECT 1", 0, NULL));
	PQclear(PQprepare(conn, "Two", "SELECT 1", 0, NULL));
	PQclear(PQprepare(conn, "two", "SELECT 1", 0, NULL));
	PQclear(PQprepare(conn, "all", "SELECT 1", 0, NULL));
	PQclear(PQprepare(conn, "", "SELECT 1", 0, NULL)); /* the unnamed one is nothing to give back */
	for (int i = 1; i < argc; i++)
		PQclear(PQexec(conn, argv[i]));
	say_counts("libpq", pqstub_control());
	return 0;
}

static void drain(PGconn *conn)
{
	PGresult *res;
	while ((res = PQgetResult(conn)) != NULL)
		PQclear(res);
}

/* The same without waiting, and by the functions of libpq 17. */
static int prepared_calls(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = connected();
	const char *const names[] = {"a", "b", "c", "d"};
	for (size_t i = 0; i < 4; i++) {
		PQsendPrepare(conn, names[i], "SELECT 1", 0, NULL);
		drain(conn);
	}
	PQclear(PQclosePrepared(conn, "a"));
	PQsendClosePrepared(conn, "b");
	drain(conn);
	PQsendQuery(conn, "DEALLOCATE c");
	drain(conn);
	pqstub_control()->failing = STUB_PQclosePrepared;
	PQclosePrepared(conn, "d");
	pqstub_control()->failing = STUB_PQprepare;
	PQprepare(conn, "e", "SELECT 1", 0, NULL);
	pqstub_control()->failing = STUB_NONE;
	say_counts("libpq", pqstub_control());
	return 0;
}

/* Large objects: the first is descriptor 0. Two are closed, one is left to the end of its transaction, one to the exit.
 */
static int large_object(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = connected();
	PQclear(PQexec(conn, STUB_BEGIN));
	for (int i = 0; i < 2; i++)
		say("close: %d", lo_close(conn, lo_open(conn, 1, 0)));
	lo_open(conn, 1, 0);
	PQclear(PQexec(conn, STUB_COMMIT));
	PQclear(PQexec(conn, STUB_BEGIN));
	lo_read(conn, lo_open(conn, 1, 0), NULL, 0);
	say_counts("libpq", pqstub_control());
	return 0;
}

/* What is said of results: one of three columns' worth, and what outlives its connection. */
static int results(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = connected();
	PQexec(conn, "SELECT 1");
	PQexec(conn, STUB_ERROR);
	return end(conn);
}

int main(int argc, char **argv)
{
	return host_main((const struct host_case[]){{"transaction", transaction},
												{"query", query},
												{"pipeline", pipeline},
												{"copy", copy},
												{"memory", memory},
												{"cancel", cancel},
												{"prepared", prepared},
												{"prepared-calls", prepared_calls},
												{"large-object", large_object},
												{"results", results},
												{0}},
					 argc, argv);
}
