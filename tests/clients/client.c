// SPDX-License-Identifier: PostgreSQL
/* client.c - see client.h. */
#include "client.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int client_main(int argc, char **argv, const struct client_case *cases)
{
	for (const struct client_case *one = cases; argc > 1 && one->name; one++)
		if (strcmp(one->name, argv[1]) == 0)
			return one->run(argc - 1, argv + 1);
	for (const struct client_case *one = cases; one->name; one++)
		fprintf(stderr, "%-20s %s\n", one->name, one->purpose);
	return 99;
}

int client_twins_main(int argc, char **argv, const struct client_twins *twins)
{
	for (const struct client_twins *one = twins; argc > 2 && one->name; one++) {
		if (strcmp(one->name, argv[1]) != 0)
			continue;
		if (strcmp(argv[2], "wrong") != 0 && strcmp(argv[2], "right") != 0)
			break;
		(argv[2][0] == 'w' ? one->wrong : one->right)();
		return 0;
	}
	for (const struct client_twins *one = twins; one->name; one++)
		fprintf(stderr, "%-20s %s\n", one->name, one->purpose);
	return 99;
}

int client_number(int argc, char **argv, int index, int otherwise)
{
	return argc > index ? atoi(argv[index]) : otherwise;
}

PGconn *client_open(void)
{
	PGconn *conn = PQconnectdb("");
	if (PQstatus(conn) != CONNECTION_OK) {
		fprintf(stderr, "client: %s", PQerrorMessage(conn));
		exit(90);
	}
	return conn;
}

void client_do(PGconn *conn, const char *statement)
{
	PGresult *result = PQexec(conn, statement);
	ExecStatusType status = PQresultStatus(result);
	PQclear(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		client_fail(conn, statement);
}

void client_fail(PGconn *conn, const char *what)
{
	fprintf(stderr, "client: %s: %s\n", what, PQerrorMessage(conn));
	exit(91);
}

void client_drain(PGconn *conn)
{
	for (PGresult *result = PQgetResult(conn); result; result = PQgetResult(conn))
		PQclear(result);
}

int client_poll(PGconn *conn, PostgresPollingStatusType (*poll_function)(PGconn *))
{
	PostgresPollingStatusType next = PQstatus(conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
	while (next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
		struct pollfd ready = {.fd = PQsocket(conn), .events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT};
		if (poll(&ready, 1, 10000) <= 0)
			return -1;
		next = poll_function(conn);
	}
	return next == PGRES_POLLING_OK ? 0 : -1;
}

void client_say(const char *format, ...)
{
	char line[256];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(line, sizeof(line) - 1, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	if ((size_t)length > sizeof(line) - 2)
		length = (int)sizeof(line) - 2;
	line[length++] = '\n';
	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		exit(92);
}
