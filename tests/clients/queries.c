// SPDX-License-Identifier: PostgreSQL
/* queries.c - sends statements without waiting, and takes all their results, or not. */
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "client.h"

static void must(PGconn *conn, int done, const char *what)
{
	if (done != 1)
		client_fail(conn, what);
}

static void send_query(PGconn *conn)
{
	must(conn, PQsendQuery(conn, "SELECT 1; SELECT 2"), "PQsendQuery");
}

static void send_query_params(PGconn *conn)
{
	must(conn, PQsendQueryParams(conn, "SELECT 3", 0, NULL, NULL, NULL, NULL, 0), "PQsendQueryParams");
}

static void send_prepare(PGconn *conn)
{
	must(conn, PQsendPrepare(conn, "", "SELECT 4", 0, NULL), "PQsendPrepare");
}

static void send_query_prepared(PGconn *conn)
{
	PQclear(PQprepare(conn, "", "SELECT 5", 0, NULL));
	must(conn, PQsendQueryPrepared(conn, "", 0, NULL, NULL, NULL, 0), "PQsendQueryPrepared");
}

static void send_describe_prepared(PGconn *conn)
{
	PQclear(PQprepare(conn, "", "SELECT 6", 0, NULL));
	must(conn, PQsendDescribePrepared(conn, ""), "PQsendDescribePrepared");
}

/* The unnamed portal that is described is not there: an error is a result too. */
static void send_describe_portal(PGconn *conn)
{
	must(conn, PQsendDescribePortal(conn, ""), "PQsendDescribePortal");
}

#define SENDER(name)                                                                                                   \
	static void name##_abandoned(void)                                                                                 \
	{                                                                                                                  \
		name(client_open());                                                                                           \
	}                                                                                                                  \
	static void name##_drained(void)                                                                                   \
	{                                                                                                                  \
		PGconn *conn = client_open();                                                                                  \
		name(conn);                                                                                                    \
		client_drain(conn);                                                                                            \
		PQfinish(conn);                                                                                                \
	}

SENDER(send_query)
SENDER(send_query_params)
SENDER(send_prepare)
SENDER(send_query_prepared)
SENDER(send_describe_prepared)
SENDER(send_describe_portal)

/* Of five rows two are taken. */
static void rows_abandoned(void)
{
	PGconn *conn = client_open();
	must(conn, PQsendQuery(conn, "SELECT generate_series(1, 5)"), "PQsendQuery");
	must(conn, PQsetSingleRowMode(conn), "PQsetSingleRowMode");
	PQclear(PQgetResult(conn));
	PQclear(PQgetResult(conn));
}

static void rows_drained(void)
{
	PGconn *conn = client_open();
	must(conn, PQsendQuery(conn, "SELECT generate_series(1, 5)"), "PQsendQuery");
	must(conn, PQsetSingleRowMode(conn), "PQsetSingleRowMode");
	client_drain(conn);
	PQfinish(conn);
}

/* The results of a query are taken, but not the NULL behind them; the next PQexec does that as well. */
static void end_not_taken(void)
{
	PGconn *conn = client_open();
	must(conn, PQsendQuery(conn, "SELECT 7"), "PQsendQuery");
	PQclear(PQgetResult(conn));
}

static void end_taken_by_exec(void)
{
	PGconn *conn = client_open();
	must(conn, PQsendQuery(conn, "SELECT 7"), "PQsendQuery");
	PQclear(PQgetResult(conn));
	client_do(conn, "SELECT 8");
	PQfinish(conn);
}

static void refused_send(void)
{
	PGconn *conn = client_open();
	must(conn, PQsendQuery(conn, "SELECT 9"), "PQsendQuery");
	if (PQsendQuery(conn, "SELECT 10") != 0) /* it is no query: libpq refuses it while another one runs */
		client_fail(conn, "a second query was accepted");
}

static void refused_send_drained(void)
{
	PGconn *conn = client_open();
	must(conn, PQsendQuery(conn, "SELECT 9"), "PQsendQuery");
	PQsendQuery(conn, "SELECT 10");
	client_drain(conn);
	PQfinish(conn);
}

/* Sends a long query and cancels it; a server that had not begun with it yet ignores that. */
static PGconn *cancel(void)
{
	char error[256];
	PGconn *conn = client_open();
	must(conn, PQsendQuery(conn, "SELECT pg_sleep(2)"), "PQsendQuery");
	PGcancel *handle = PQgetCancel(conn);
	/* A cancel that comes before the query has begun cancels nothing: until the server answers, ask again. */
	struct pollfd answer = {.fd = PQsocket(conn), .events = POLLIN};
	do
		must(conn, PQcancel(handle, error, sizeof(error)), "PQcancel");
	while (poll(&answer, 1, 200) == 0);
	PQfreeCancel(handle);
	return conn;
}

static void cancelled_not_drained(void)
{
	PQfinish(cancel());
}

/* Believes that nothing is left of a cancelled query but its end. */
static void cancelled_not_cleared(void)
{
	PGconn *conn = cancel();
	while (PQgetResult(conn))
		continue;
	PQfinish(conn);
}

static void cancelled_drained(void)
{
	PGconn *conn = cancel();
	client_drain(conn);
	PQfinish(conn);
}

static PGconn *fill_pipeline(void)
{
	PGconn *conn = client_open();
	must(conn, PQenterPipelineMode(conn), "PQenterPipelineMode");
	for (int i = 0; i < 3; i++)
		send_query_params(conn);
	must(conn, PQpipelineSync(conn), "PQpipelineSync");
	return conn;
}

/* Of three queries the first one's results are taken, and their end. */
static void pipeline_abandoned(void)
{
	PGconn *conn = fill_pipeline();
	client_drain(conn);
}

static void pipeline_drained(void)
{
	PGconn *conn = fill_pipeline();
	for (int i = 0; i < 3; i++)
		client_drain(conn);
	PGresult *sync = PQgetResult(conn);
	if (PQresultStatus(sync) != PGRES_PIPELINE_SYNC)
		client_fail(conn, "no end of the pipeline");
	PQclear(sync);
	must(conn, PQexitPipelineMode(conn), "PQexitPipelineMode");
	PQfinish(conn);
}

int main(int argc, char **argv)
{
	static const struct client_twins twins[] = {
		{"PQsendQuery", "abandons two statements", send_query_abandoned, send_query_drained},
		{"PQsendQueryParams", "abandons a statement", send_query_params_abandoned, send_query_params_drained},
		{"PQsendPrepare", "abandons a prepare", send_prepare_abandoned, send_prepare_drained},
		{"PQsendQueryPrepared", "abandons a prepared statement", send_query_prepared_abandoned,
		 send_query_prepared_drained},
		{"PQsendDescribePrepared", "abandons a description", send_describe_prepared_abandoned,
		 send_describe_prepared_drained},
		{"PQsendDescribePortal", "abandons an error", send_describe_portal_abandoned, send_describe_portal_drained},
		{"rows", "takes two of five rows", rows_abandoned, rows_drained},
		{"end", "does not take the NULL at the end", end_not_taken, end_taken_by_exec},
		{"refused", "sends a second query while the first runs", refused_send, refused_send_drained},
		{"cancelled", "cancels a query and finishes without its results", cancelled_not_drained, cancelled_drained},
		{"cancelled-result", "takes a cancelled query's result and forgets it", cancelled_not_cleared,
		 cancelled_drained},
		{"pipeline", "abandons two of three queries", pipeline_abandoned, pipeline_drained},
		{NULL, NULL, NULL, NULL},
	};
	return client_twins_main(argc, argv, twins);
}
