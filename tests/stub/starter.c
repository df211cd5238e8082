// SPDX-License-Identifier: PostgreSQL
/* starter.c - a library whose constructor starts a thread that uses libpq, and waits for it. */
#include <pthread.h>
#include <stddef.h>

#include "stub.h"

static void *work(void *unused)
{
	PGconn *conn = PQconnectdb("");
	PQclear(PQexec(conn, "SELECT 1"));
	PQfinish(conn);
	return unused;
}

__attribute__((constructor)) static void loaded(void)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, work, NULL) == 0)
		pthread_join(thread, NULL);
}
