// SPDX-License-Identifier: PostgreSQL
/*
 * namespace.c - loads libpq with dlmopen, where no preload reaches it, and opens a connection by it.
 */
#include <dlfcn.h>
#include <stdio.h>

typedef void *connect_function(const char *);
typedef int status_function(void *);
typedef void finish_function(void *);

int main(void)
{
	void *libpq = dlmopen(LM_ID_NEWLM, "libpq.so.5", RTLD_NOW);
	if (libpq == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return 3;
	}
	connect_function *open = __extension__(connect_function *) dlsym(libpq, "PQconnectdb");
	status_function *status = __extension__(status_function *) dlsym(libpq, "PQstatus");
	finish_function *finish = __extension__(finish_function *) dlsym(libpq, "PQfinish");
	void *connection = open("");
	printf("%d\n", status(connection));
	finish(connection);
	return 0;
}
