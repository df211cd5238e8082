// SPDX-License-Identifier: PostgreSQL
/* announce.c - acquires for ever and says so after each call has returned, to be killed at any moment.
 * Lines: "C backend-pid" a connection is open, "F backend-pid" it is about to be finished; "R" a result was handed out,
 * "X" one is about to be cleared. */
#include <stdlib.h>
#include <unistd.h>

#include "client.h"

static int announce(int argc, char **argv)
{
	int statements = client_number(argc, argv, 1, 20);
	PGconn *kept[8] = {NULL};
	for (unsigned i = 0;; i++) {
		unsigned slot = i % 8;
		if (kept[slot]) {
			client_say("F %d", PQbackendPID(kept[slot]));
			PQfinish(kept[slot]);
		}
		kept[slot] = client_open();
		client_say("C %d", PQbackendPID(kept[slot]));
		for (int n = 0; n < statements; n++) {
			PGresult *result = PQexec(kept[slot], "SELECT 1");
			client_say("R");
			if (n % 4 == 0)
				continue; /* leaked */
			client_say("X");
			PQclear(result);
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct client_case cases[] = {
		{"announce", "N: opens connections for ever, N statements on each", announce},
		{NULL, NULL, NULL},
	};
	alarm(600); /* should nobody kill it */
	return client_main(argc, argv, cases);
}
