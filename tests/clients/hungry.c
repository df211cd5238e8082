// SPDX-License-Identifier: PostgreSQL
/* hungry.c - a program that has used up its file descriptors before it turns to libpq. */
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client.h"

/* Takes every descriptor there is, and gives so many back. */
static int leave_free(int descriptors)
{
	struct rlimit limit = {.rlim_cur = 64, .rlim_max = 64};
	int taken[64], count = 0;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return -1;
	while ((taken[count] = dup(STDIN_FILENO)) >= 0)
		count++;
	while (descriptors-- > 0 && count > 0)
		close(taken[--count]);
	return 0;
}

static int hungry(int argc, char **argv)
{
	if (leave_free(client_number(argc, argv, 1, 0)) != 0)
		return 98;
	PGconn *conn = PQconnectdb("");
	if (PQstatus(conn) != CONNECTION_OK) {
		client_say("refused: %s", PQerrorMessage(conn));
		PQfinish(conn);
		return 5;
	}
	PGresult *result = PQexec(conn, "SELECT 42");
	client_say("%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	PQfinish(conn);
	return 6;
}

int main(int argc, char **argv)
{
	static const struct client_case cases[] = {
		{"hungry", "N: connects with N descriptors left, cleanly", hungry},
		{NULL, NULL, NULL},
	};
	return client_main(argc, argv, cases);
}
