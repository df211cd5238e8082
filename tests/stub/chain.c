// SPDX-License-Identifier: PostgreSQL
/* chain.c - another interposer, as one finds beside us in LD_PRELOAD; says which calls pass through it. */
#include <dlfcn.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* dlsym(RTLD_NEXT) of a function with the same type as the given one. */
#define NEXT(function) (__extension__(__typeof__(&function)) next(#function))

static void *next(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);
	printf("%s passes " CHAIN_NAME "\n", name);
	fflush(stdout);
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

int execv(const char *path, char *const argv[])
{
	return NEXT(execv)(path, argv);
}

int execve(const char *path, char *const argv[], char *const envp[])
{
	return NEXT(execve)(path, argv, envp);
}

int execvp(const char *file, char *const argv[])
{
	return NEXT(execvp)(file, argv);
}

int execvpe(const char *file, char *const argv[], char *const envp[])
{
	return NEXT(execvpe)(file, argv, envp);
}

void _exit(int status)
{
	NEXT(_exit)(status);
	abort();
}

/* These say nothing: the shim calls them too, and so they pass here. */
void *dlopen(const char *path, int mode)
{
	void *handle = (__extension__(__typeof__(&dlopen)) dlsym(RTLD_NEXT, "dlopen"))(path, mode);
	__asm__ volatile("" : "+r"(handle));
	return handle;
}

int dlclose(void *handle)
{
	return (__extension__(__typeof__(&dlclose)) dlsym(RTLD_NEXT, "dlclose"))(handle);
}
