// SPDX-License-Identifier: PostgreSQL
/* shapes.c - the shapes that leaks of real programs take, and how those programs should have been written. */
#include <unistd.h>

#include "client.h"

#define ROUNDS 3
#define REFUSED "host=127.0.0.1 port=1"

/* "It returns nothing": the results of BEGIN, SET, COMMIT and ROLLBACK are thrown away. */
static void commands_thrown_away(void)
{
	PGconn *conn = client_open();
	PQexec(conn, "BEGIN");
	PQexec(conn, "SET LOCAL search_path TO public");
	PQexec(conn, "COMMIT");
	PQexec(conn, "BEGIN");
	PQexec(conn, "ROLLBACK");
	PQfinish(conn);
}

static void commands_cleared(void)
{
	PGconn *conn = client_open();
	client_do(conn, "BEGIN");
	client_do(conn, "SET LOCAL search_path TO public");
	client_do(conn, "COMMIT");
	client_do(conn, "BEGIN");
	client_do(conn, "ROLLBACK");
	PQfinish(conn);
}

/* One variable for many results; the last one is cleared, as in the book. */
static void result_overwritten(void)
{
	PGconn *conn = client_open();
	PGresult *result = NULL;
	for (int i = 0; i < ROUNDS; i++)
		result = PQexec(conn, "SELECT 1");
	PQclear(result);
	PQfinish(conn);
}

static void result_cleared_each_time(void)
{
	PGconn *conn = client_open();
	for (int i = 0; i < ROUNDS; i++)
		client_do(conn, "SELECT 1");
	PQfinish(conn);
}

static void connection_overwritten(void)
{
	PGconn *conn = NULL;
	for (int i = 0; i < ROUNDS; i++)
		conn = client_open();
	PQfinish(conn);
}

static void connection_finished_each_time(void)
{
	for (int i = 0; i < ROUNDS; i++)
		PQfinish(client_open());
}

/* "It is not open, so there is nothing to close." */
static void bad_not_finished(void)
{
	PGconn *conn = PQconnectdb(REFUSED);
	if (PQstatus(conn) == CONNECTION_BAD)
		return;
	PQfinish(conn);
}

static void bad_finished(void)
{
	PGconn *conn = PQconnectdb(REFUSED);
	if (PQstatus(conn) == CONNECTION_BAD)
		client_say("refused");
	PQfinish(conn);
}

/* The first attempts fail; each failed PGconn is overwritten by the next one. */
static const char *attempt(int i)
{
	return i < ROUNDS ? REFUSED : "";
}

static void retry_overwrites(void)
{
	PGconn *conn = NULL;
	for (int i = 0; !conn || PQstatus(conn) == CONNECTION_BAD; i++)
		conn = PQconnectdb(attempt(i));
	client_do(conn, "SELECT 1");
	PQfinish(conn);
}

static void retry_finishes(void)
{
	PGconn *conn = NULL;
	for (int i = 0; !conn || PQstatus(conn) == CONNECTION_BAD; i++) {
		PQfinish(conn);
		conn = PQconnectdb(attempt(i));
	}
	client_do(conn, "SELECT 1");
	PQfinish(conn);
}

/* A monitor opens its connection, and asks, anew at every refresh; the view before is forgotten with all it held. */
static void refresh(void)
{
	PGconn *conn = client_open();
	PGresult *processes = PQexec(conn, "SELECT pid FROM pg_stat_activity");
	if (PQntuples(processes) == 0)
		client_fail(conn, "nobody is there");
}

static void opened_at_every_refresh(void)
{
	for (int i = 0; i < ROUNDS; i++)
		refresh();
}

static void opened_once(void)
{
	PGconn *conn = client_open();
	for (int i = 0; i < ROUNDS; i++)
		client_do(conn, "SELECT pid FROM pg_stat_activity");
	PQfinish(conn);
}

/* The connection of the program's life: never finished, but only one. */
static PGconn *the_connection(void)
{
	static PGconn *conn;
	if (!conn)
		conn = PQconnectdb("");
	if (PQstatus(conn) != CONNECTION_OK)
		client_fail(conn, "PQconnectdb");
	return conn;
}

static void held_at_exit(void)
{
	for (int i = 0; i < ROUNDS; i++)
		client_do(the_connection(), "SELECT 1");
}

static void finished_at_exit(void)
{
	held_at_exit();
	PQfinish(the_connection());
}

/* Both at once, so that they can be told apart. */
static void held_and_growing(void)
{
	held_at_exit();
	opened_at_every_refresh();
}

static void outlived_forgotten(void)
{
	PGconn *conn = client_open();
	PGresult *result = PQexec(conn, "SELECT 1");
	PQfinish(conn);
	if (PQntuples(result) != 1)
		client_fail(NULL, "PQntuples");
}

static void outlived_cleared(void)
{
	PGconn *conn = client_open();
	PGresult *result = PQexec(conn, "SELECT 1");
	PQfinish(conn);
	PQclear(result);
}

int main(int argc, char **argv)
{
	static const struct client_twins twins[] = {
		{"commands", "throws away the results of BEGIN, SET, COMMIT, ROLLBACK", commands_thrown_away, commands_cleared},
		{"result-loop", "overwrites the variable of a result in a loop", result_overwritten, result_cleared_each_time},
		{"connection-loop", "overwrites the variable of a connection in a loop", connection_overwritten,
		 connection_finished_each_time},
		{"bad", "does not finish a connection that is CONNECTION_BAD", bad_not_finished, bad_finished},
		{"retry", "overwrites the failed PGconn when it tries again", retry_overwrites, retry_finishes},
		{"refresh", "opens a connection and a result again at every refresh", opened_at_every_refresh, opened_once},
		{"held-at-exit", "never finishes the one connection it has", held_at_exit, finished_at_exit},
		{"both", "a connection held at exit, and one that grows", held_and_growing, finished_at_exit},
		{"outlived", "a result outlives its connection", outlived_forgotten, outlived_cleared},
		{NULL, NULL, NULL, NULL},
	};
	return client_twins_main(argc, argv, twins);
}
