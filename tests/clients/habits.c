// SPDX-License-Identifier: PostgreSQL
/* habits.c - programs that leak nothing and still have a habit worth telling of: churn, retries, peaks, lost sessions.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

/* A connection for each query. */
static int churn(int argc, char **argv)
{
	int rounds = client_number(argc, argv, 1, 5);
	for (int i = 0; i < rounds; i++) {
		PGconn *conn = client_open();
		client_do(conn, "SELECT 1");
		PQfinish(conn);
	}
	return 0;
}

/* One connection for all of them, three times. */
static int no_churn(int argc, char **argv)
{
	int rounds = client_number(argc, argv, 1, 5);
	for (int i = 0; i < rounds; i++) {
		PGconn *conn = client_open();
		for (int query = 0; query < 10; query++)
			client_do(conn, "SELECT 1");
		PQfinish(conn);
	}
	return 0;
}

static int fail_to_connect(const char *conninfo)
{
	PGconn *conn = PQconnectdb(conninfo);
	int failed = PQstatus(conn) == CONNECTION_BAD;
	PQfinish(conn);
	return failed ? 0 : 1;
}

static int fail(int argc, char **argv)
{
	return argc > 1 ? fail_to_connect(argv[1]) : 1;
}

/* A server that takes connections and says nothing. */
static int time_out(int argc, char **argv)
{
	(void)argc, (void)argv;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	char conninfo[128];
	int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (silent < 0 || bind(silent, (struct sockaddr *)&address, size) != 0 || listen(silent, 1) != 0 ||
		getsockname(silent, (struct sockaddr *)&address, &size) != 0)
		return 95;
	snprintf(conninfo, sizeof(conninfo), "host=127.0.0.1 port=%d connect_timeout=2", ntohs(address.sin_port));
	int status = fail_to_connect(conninfo);
	close(silent);
	return status;
}

/* Tries again at once, or with pauses that double: 20, 40, 80 ... ms. */
static int retry(int argc, char **argv)
{
	int attempts = client_number(argc, argv, 1, 6);
	int pause_ms = client_number(argc, argv, 2, 0);
	for (int i = 0; i < attempts; i++, pause_ms *= 2) {
		if (fail_to_connect("host=127.0.0.1 port=1") != 0)
			return 1;
		usleep((useconds_t)pause_ms * 1000);
	}
	return 0;
}

/* Three open at once, then two, then one more: the peak is three. */
static PGconn *first_site(void)
{
	return client_open();
}

static PGconn *second_site(void)
{
	return client_open();
}

static int peak(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *early = first_site();
	PQfinish(early);
	PGconn *first = first_site(), *again = first_site(), *second = second_site();
	PQfinish(first);
	PGconn *late = second_site();
	PQfinish(again);
	PQfinish(second);
	PQfinish(late);
	return 0;
}

/* The server ends the session while the program does something else; the next statement finds out. */
static int broken(int argc, char **argv)
{
	int pause_ms = client_number(argc, argv, 1, 100);
	char statement[64];
	PGconn *conn = client_open();
	client_do(conn, "SELECT 1");
	PGconn *other = client_open();
	snprintf(statement, sizeof(statement), "SELECT pg_terminate_backend(%d, 10000)", PQbackendPID(conn));
	client_do(other, statement);
	PQfinish(other);
	usleep((useconds_t)pause_ms * 1000);
	PQclear(PQexec(conn, "SELECT 2"));
	PQclear(PQexec(conn, "SELECT 3"));
	int gone = PQstatus(conn) == CONNECTION_BAD;
	PQfinish(conn);
	return gone ? 0 : 1;
}

/* A connection with settings of its own, and one with libpq's. */
static int settings(int argc, char **argv)
{
	PGconn *conn = argc > 1 ? PQconnectdb(argv[1]) : NULL;
	PGconn *plain = client_open();
	int status = PQstatus(conn) == CONNECTION_OK ? 0 : 1;
	PQfinish(conn);
	PQfinish(plain);
	return status;
}

/* Holds a connection for some time; idle, if it has nothing to do. */
static int hold(int argc, char **argv)
{
	int pause_ms = client_number(argc, argv, 1, 300);
	PGconn *conn = client_open();
	usleep((useconds_t)pause_ms * 1000);
	PQfinish(conn);
	return 0;
}

static volatile sig_atomic_t told;

static void be_told(int number)
{
	told = number;
}

/* A service that is told to end: of three connections it has time for two. */
static int service(int argc, char **argv)
{
	(void)argc, (void)argv;
	signal(SIGTERM, be_told);
	PGconn *first = client_open(), *second = client_open();
	client_open();
	client_say("ready");
	while (!told)
		usleep(10000);
	usleep(50000);
	PQfinish(first);
	usleep(50000);
	PQfinish(second);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct client_case cases[] = {
		{"churn", "N: opens a connection for each of N queries", churn},
		{"no-churn", "N: opens N connections for ten queries each", no_churn},
		{"fail", "CONNINFO: fails to connect, and finishes", fail},
		{"time-out", "connects to a server that says nothing", time_out},
		{"retry", "N MS: fails N times, with pauses that double from MS milliseconds", retry},
		{"peak", "has three connections open at once, of two sites", peak},
		{"broken", "MS: loses its session and finds out MS milliseconds later", broken},
		{"settings", "CONNINFO: connects with it, and without settings", settings},
		{"hold", "MS: holds a connection idle for MS milliseconds", hold},
		{"service", "has three connections open, and after SIGTERM finishes two of them", service},
		{NULL, NULL, NULL},
	};
	return client_main(argc, argv, cases);
}
