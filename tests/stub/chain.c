// SPDX-License-Identifier: PostgreSQL
/* chain.c - another interposer, as one finds beside us in LD_PRELOAD; says which calls pass through it. */
#include <dlfcn.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

/* dlsym(RTLD_NEXT) of a function with the same type as the given one. */
#define NEXT(function) (__extension__(__typeof__(&function)) next(#function))

static void *next(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);
	printf("%s passes " CHAIN_NAME "\n", name);
	if (found == NULL)
		abort();
	return found;
}

PGconn *PQconnectdb(const char *conninfo)
{
	return NEXT(PQconnectdb)(conninfo);
}

PGresult *PQexec(PGconn *conn, const char *query)
{
	return NEXT(PQexec)(conn, query);
}
