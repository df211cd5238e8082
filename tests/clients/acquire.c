// SPDX-License-Identifier: PostgreSQL
/* acquire.c - opens connections in every way libpq has, and keeps or finishes them. */
#include <stdlib.h>

#include "client.h"

#define NOWHERE "host=/nonexistent port=1"
#define REFUSED "host=127.0.0.1 port=1"

static PGconn *by_connectdb(void)
{
	return PQconnectdb("application_name=by_connectdb");
}

static PGconn *by_connectdb_params(void)
{
	const char *const keywords[] = {"application_name", NULL};
	const char *const values[] = {"by_connectdb_params", NULL};
	return PQconnectdbParams(keywords, values, 0);
}

static PGconn *by_setdb_login(void)
{
	return PQsetdbLogin(NULL, NULL, NULL, NULL, NULL, NULL, NULL);
}

static PGconn *by_connect_start(void)
{
	PGconn *conn = PQconnectStart("application_name=by_connect_start");
	client_poll(conn, PQconnectPoll);
	return conn;
}

static PGconn *by_connect_start_params(void)
{
	const char *const keywords[] = {"application_name", NULL};
	const char *const values[] = {"by_connect_start_params", NULL};
	PGconn *conn = PQconnectStartParams(keywords, values, 0);
	client_poll(conn, PQconnectPoll);
	return conn;
}

static int leak(PGconn *conn)
{
	return PQstatus(conn) == CONNECTION_OK ? 0 : 1;
}

static int connectdb(int argc, char **argv)
{
	(void)argc, (void)argv;
	return leak(by_connectdb());
}

static int connectdb_params(int argc, char **argv)
{
	(void)argc, (void)argv;
	return leak(by_connectdb_params());
}

static int setdb_login(int argc, char **argv)
{
	(void)argc, (void)argv;
	return leak(by_setdb_login());
}

static int connect_start(int argc, char **argv)
{
	(void)argc, (void)argv;
	return leak(by_connect_start());
}

static int connect_start_params(int argc, char **argv)
{
	(void)argc, (void)argv;
	return leak(by_connect_start_params());
}

static int clean(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *all[] = {by_connectdb(), by_connectdb_params(), by_setdb_login(), by_connect_start(),
	                 by_connect_start_params()};
	int failed = 0;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		failed |= leak(all[i]);
		client_do(all[i], "SELECT 1");
		PQfinish(all[i]);
	}
	PQfinish(NULL);
	return failed;
}

static int loop(int argc, char **argv)
{
	int opened = client_number(argc, argv, 1, 10);
	int finished = client_number(argc, argv, 2, 0);
	for (int i = 0; i < opened; i++) {
		PGconn *conn = client_open();
		if (i < finished)
			PQfinish(conn);
	}
	return 0;
}

/* The classic: the early return forgets what the late one gives back. */
static int copy_table(void)
{
	PGconn *conn = client_open();
	PGresult *result = PQexec(conn, "SELECT * FROM no_such_table");
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return 4;
	PQclear(result);
	PQfinish(conn);
	return 0;
}

static int error_path(int argc, char **argv)
{
	(void)argc, (void)argv;
	return copy_table();
}

static int failed_leaked(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *nowhere = PQconnectdb(NOWHERE);
	PGconn *refused = PQconnectdb(REFUSED);
	PGconn *nonsense = PQconnectdb("this is no conninfo");
	return PQstatus(nowhere) == CONNECTION_BAD && PQstatus(refused) == CONNECTION_BAD &&
	               PQstatus(nonsense) == CONNECTION_BAD
	           ? 0
	           : 1;
}

static int failed_finished(int argc, char **argv)
{
	(void)argc, (void)argv;
	PQfinish(PQconnectdb(NOWHERE));
	PQfinish(PQconnectdb("this is no conninfo"));
	PGconn *conn = PQconnectStart(NOWHERE);
	client_poll(conn, PQconnectPoll);
	PQfinish(conn);
	return 0;
}

static int failed_async(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = PQconnectStart("dbname=no_such_database");
	return client_poll(conn, PQconnectPoll) == 0 ? 1 : 0;
}

static int abandoned(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = PQconnectStart("");
	PQconnectPoll(conn);
	return 0;
}

static int abandoned_finished(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = PQconnectStart("");
	PQconnectPoll(conn);
	PQfinish(conn);
	return 0;
}

static int reset_leaked(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	int before = PQbackendPID(conn);
	PQreset(conn);
	client_say("%d %d", before, PQbackendPID(conn));
	return leak(conn);
}

static int reset_async(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	int before = PQbackendPID(conn);
	if (!PQresetStart(conn) || client_poll(conn, PQresetPoll) != 0)
		return 1;
	client_say("%d %d", before, PQbackendPID(conn));
	PQfinish(conn);
	return 0;
}

static int ping(int argc, char **argv)
{
	(void)argc, (void)argv;
	const char *const keywords[] = {"connect_timeout", NULL};
	const char *const values[] = {"10", NULL};
	return PQping("") == PQPING_OK && PQpingParams(keywords, values, 0) == PQPING_OK ? 0 : 1;
}

static int used(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = PQconnectdb("application_name=night_job");
	client_do(conn, "BEGIN");
	client_do(conn, "SELECT 1");
	return leak(conn);
}

int main(int argc, char **argv)
{
	static const struct client_case cases[] = {
		{"connectdb", "leaks a connection of PQconnectdb", connectdb},
		{"connectdb-params", "leaks a connection of PQconnectdbParams", connectdb_params},
		{"setdb-login", "leaks a connection of PQsetdbLogin", setdb_login},
		{"connect-start", "leaks a connection of PQconnectStart and PQconnectPoll", connect_start},
		{"connect-start-params", "leaks a connection of PQconnectStartParams and PQconnectPoll", connect_start_params},
		{"clean", "opens one in each way and finishes all", clean},
		{"loop", "N K: opens N at one place and finishes K of them", loop},
		{"error-path", "leaks a connection and a result on an error path, exits 4", error_path},
		{"failed-leaked", "three connects that fail at once, never finished", failed_leaked},
		{"failed-finished", "three connects that fail, all finished", failed_finished},
		{"failed-async", "an asynchronous connect that the server refuses, never finished", failed_async},
		{"abandoned", "begins an asynchronous connect and forgets it", abandoned},
		{"abandoned-finished", "begins an asynchronous connect and finishes it undecided", abandoned_finished},
		{"reset-leaked", "resets a connection and leaks it", reset_leaked},
		{"reset-async", "resets a connection asynchronously and finishes it", reset_async},
		{"ping", "pings the server, which lends nothing", ping},
		{"used", "leaks a connection inside a transaction after two statements", used},
		{NULL, NULL, NULL},
	};
	return client_main(argc, argv, cases);
}
