// SPDX-License-Identifier: PostgreSQL
/* copies.c - copies rows to and from the server, to the end or not. */
#include "client.h"

static PGconn *begin_copy(const char *statement, ExecStatusType expected)
{
	PGconn *conn = client_open();
	client_do(conn, "CREATE TEMPORARY TABLE copied (n int)");
	client_do(conn, "INSERT INTO copied SELECT generate_series(1, 5)");
	PGresult *result = PQexec(conn, statement);
	if (PQresultStatus(result) != expected)
		client_fail(conn, statement);
	PQclear(result);
	return conn;
}

static PGconn *copy_in(void)
{
	PGconn *conn = begin_copy("COPY copied FROM STDIN", PGRES_COPY_IN);
	if (PQputCopyData(conn, "6\n", 2) != 1)
		client_fail(conn, "PQputCopyData");
	return conn;
}

static PGconn *copy_out(void)
{
	return begin_copy("COPY copied TO STDOUT", PGRES_COPY_OUT);
}

static void take_row(PGconn *conn)
{
	char *row = NULL;
	if (PQgetCopyData(conn, &row, 0) <= 0)
		client_fail(conn, "PQgetCopyData");
	PQfreemem(row);
}

static void in_not_ended(void)
{
	copy_in();
}

static void in_ended(void)
{
	PGconn *conn = copy_in();
	if (PQputCopyEnd(conn, NULL) != 1)
		client_fail(conn, "PQputCopyEnd");
	client_drain(conn);
	PQfinish(conn);
}

static void in_given_up(void)
{
	PGconn *conn = copy_in();
	if (PQputCopyEnd(conn, "changed my mind") != 1)
		client_fail(conn, "PQputCopyEnd");
	client_drain(conn);
	PQfinish(conn);
}

/* The end of the data is told, and nobody asks how the server took it. */
static void in_outcome_unknown(void)
{
	PGconn *conn = copy_in();
	PQputCopyEnd(conn, NULL);
}

static void out_not_ended(void)
{
	PGconn *conn = copy_out();
	take_row(conn);
	take_row(conn);
}

static void out_ended(void)
{
	PGconn *conn = copy_out();
	for (int i = 0; i < 5; i++)
		take_row(conn);
	char *row = NULL;
	if (PQgetCopyData(conn, &row, 0) != -1 || row)
		client_fail(conn, "more rows than there are");
	client_drain(conn);
	PQfinish(conn);
}

/* Whoever runs a COPY to its end and throws away what PQgetResult says of it. */
static void last_result_lost(void)
{
	PGconn *conn = copy_in();
	PQputCopyEnd(conn, NULL);
	while (PQgetResult(conn))
		continue;
	PQfinish(conn);
}

static void rows_lost(void)
{
	PGconn *conn = copy_out();
	char *row = NULL;
	while (PQgetCopyData(conn, &row, 0) > 0)
		continue;
	client_drain(conn);
	PQfinish(conn);
}

int main(int argc, char **argv)
{
	static const struct client_twins twins[] = {
		{"in", "leaves a connection inside COPY FROM", in_not_ended, in_ended},
		{"in-outcome", "ends COPY FROM and does not ask for its outcome", in_outcome_unknown, in_given_up},
		{"out", "leaves a connection inside COPY TO", out_not_ended, out_ended},
		{"last-result", "never clears the result after a COPY", last_result_lost, in_ended},
		{"rows", "never frees the five rows of COPY TO", rows_lost, out_ended},
		{NULL, NULL, NULL, NULL},
	};
	return client_twins_main(argc, argv, twins);
}
