// SPDX-License-Identifier: PostgreSQL
/*
 * forks.c - forks while another thread is inside libpq, from its very first call on.
 *
 * FORKS [HOW]: so many children, each of which calls libpq and exits.  HOW: fork
 * (the default), _Fork, clone, vfork or spawn; children of the last two only
 * execute this program again, which calls libpq.  Every call of the other side
 * is a new thread's first one, so nothing is remembered of its stack.  Exits
 * with 1 when a child did not end by itself.  Needs no server.
 */
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	DEPTH = 60,
	CHILD_STEPS = 100000, /* of 50 us each */
};

static atomic_bool has_ended;

__attribute__((noinline)) static void call(int depth)
{
	if (depth > 0)
		call(depth - 1);
	else
		PQclear(PQmakeEmptyPGresult(NULL, PGRES_COMMAND_OK));
}

static void *call_once(void *unused)
{
	(void)unused;
	call(DEPTH);
	return NULL;
}

static void *call_on(void *unused)
{
	(void)unused;
	while (!has_ended) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, call_once, NULL) == 0)
			pthread_join(thread, NULL);
	}
	return NULL;
}

/* A child that hangs in there has its signals blocked. */
static bool ends_by_itself(pid_t child)
{
	int status = 0;
	pid_t ended = 0;

	for (int i = 0; i < CHILD_STEPS && (ended = waitpid(child, &status, WNOHANG)) == 0; i++)
		usleep(50);
	if (ended != 0)
		return status == 0;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return false;
}

extern char **environ;

/* After _Fork and clone malloc may be locked for ever, whoever is traced: this call needs none. */
static void call_in_child(void)
{
	PQfinish(NULL);
	_exit(0);
}

static pid_t start(const char *how, char *program)
{
	char *arguments[] = {program, (char[]){"again"}, NULL};
	pid_t child = -1;

	if (strcmp(how, "spawn") == 0)
		return posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ) == 0 ? child : -1;
	if (strcmp(how, "vfork") == 0) {
		child = vfork();
		if (child == 0) {
			execve("/proc/self/exe", arguments, environ);
			_exit(1);
		}
		return child;
	}
	child = strcmp(how, "_Fork") == 0   ? _Fork()
			: strcmp(how, "clone") == 0 ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)
										: fork();
	if (child == 0) {
		if (strcmp(how, "fork") != 0)
			call_in_child();
		call(2);
		_exit(0);
	}
	return child;
}

int main(int argc, char **argv)
{
	pthread_t caller;
	int forks = argc > 1 ? atoi(argv[1]) : 0;
	bool is_good = true;

	if (argc > 1 && strcmp(argv[1], "again") == 0) {
		call(2);
		return 0;
	}
	pthread_create(&caller, NULL, call_on, NULL);
	for (int i = 0; i < forks && is_good; i++) {
		pid_t child = start(argc > 2 ? argv[2] : "fork", argv[0]);
		is_good = child > 0 && ends_by_itself(child);
		if (!is_good)
			printf("child %d of %d hangs\n", i + 1, forks);
	}
	has_ended = true;
	pthread_join(caller, NULL);
	return is_good ? 0 : 1;
}
