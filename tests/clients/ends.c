// SPDX-License-Identifier: PostgreSQL
/* ends.c - programs that end in every way a process can, with a connection still open. */
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

extern char **environ;

static const char *self; /* argv[0] of the program */

static int end_return(int argc, char **argv)
{
	(void)argc, (void)argv;
	client_open();
	return 3;
}

static int end_exit(int argc, char **argv)
{
	(void)argc, (void)argv;
	client_open();
	exit(3);
}

static int end_raw_exit(int argc, char **argv)
{
	(void)argc, (void)argv;
	client_open();
	_exit(3);
}

static int end_c_raw_exit(int argc, char **argv)
{
	(void)argc, (void)argv;
	client_open();
	_Exit(3);
}

static int end_quick_exit(int argc, char **argv)
{
	(void)argc, (void)argv;
	client_open();
	quick_exit(3);
}

static int end_abort(int argc, char **argv)
{
	(void)argc, (void)argv;
	client_open();
	abort();
}

static int end_signal(int argc, char **argv)
{
	client_open();
	raise(client_number(argc, argv, 1, SIGKILL));
	return 95;
}

static int end_exec(int argc, char **argv)
{
	(void)argc, (void)argv;
	client_open();
	execl("/bin/sh", "sh", "-c", "exit 3", (char *)NULL);
	return 95;
}

static int end_exec_self(int argc, char **argv)
{
	(void)argc, (void)argv;
	client_open();
	execl(self, self, "return", (char *)NULL);
	return 95;
}

static int end_exec_failed(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	execl("/nonexistent/program", "program", (char *)NULL);
	client_do(conn, "SELECT 1");
	PQfinish(conn);
	return 3;
}

static PGconn *to_finish_late;

__attribute__((destructor)) static void finish_late(void)
{
	if (to_finish_late)
		PQfinish(to_finish_late);
}

static int end_destructor(int argc, char **argv)
{
	(void)argc, (void)argv;
	to_finish_late = client_open();
	return 3;
}

/* Waits for a child and hands its status to the shell's way of saying it. */
static int wait_for(pid_t child)
{
	int status = 0;
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 96;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int fork_inherit(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	pid_t child = fork();
	if (child == 0)
		exit(3);
	int status = wait_for(child);
	client_do(conn, "SELECT 1");
	PQfinish(conn);
	return status;
}

static int fork_raw_exit(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	pid_t child = fork();
	if (child == 0)
		_exit(3);
	int status = wait_for(child);
	client_do(conn, "SELECT 1");
	PQfinish(conn);
	return status;
}

/* What no child should do: it finishes what its parent opened. */
static int fork_finish(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	pid_t child = fork();
	if (child == 0) {
		PQfinish(conn);
		exit(3);
	}
	int status = wait_for(child);
	PQfinish(conn);
	return status;
}

static int fork_own(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	pid_t child = fork();
	if (child == 0) {
		client_open();
		PQfinish(client_open());
		exit(3);
	}
	int status = wait_for(child);
	client_do(conn, "SELECT 1");
	PQfinish(conn);
	return status;
}

static int fork_first(int argc, char **argv)
{
	int children = client_number(argc, argv, 1, 4);
	int status = 0;
	for (int i = 0; i < children; i++)
		if (fork() == 0) {
			client_open();
			exit(0);
		}
	for (int i = 0; i < children; i++)
		status |= wait(NULL) < 0;
	return status;
}

static int spawn(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	pid_t child = -1;
	char *command[] = {strdup(self), strdup("return"), NULL};
	if (posix_spawn(&child, self, NULL, NULL, command, environ) != 0)
		return 97;
	int status = wait_for(child);
	PQfinish(conn);
	return status;
}

static int vfork_exec(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	pid_t child = vfork();
	if (child == 0) {
		execl(self, self, "return", (char *)NULL);
		_exit(95);
	}
	int status = wait_for(child);
	client_do(conn, "SELECT 1");
	PQfinish(conn);
	return status;
}

static int run_system(int argc, char **argv)
{
	(void)argc, (void)argv;
	char command[4200];
	PGconn *conn = client_open();
	strcpy(command, self);
	strcat(command, " return");
	int status = system(command);
	client_do(conn, "SELECT 1");
	PQfinish(conn);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 97;
}

int main(int argc, char **argv)
{
	static const struct client_case cases[] = {
		{"return", "leaks one and returns 3 from main", end_return},
		{"exit", "leaks one and calls exit(3)", end_exit},
		{"_exit", "leaks one and calls _exit(3)", end_raw_exit},
		{"_Exit", "leaks one and calls _Exit(3)", end_c_raw_exit},
		{"quick_exit", "leaks one and calls quick_exit(3)", end_quick_exit},
		{"abort", "aborts with one open", end_abort},
		{"signal", "N: dies of signal N (default SIGKILL) with one open", end_signal},
		{"exec", "leaks one and becomes a shell that exits 3", end_exec},
		{"exec-self", "leaks one and becomes 'return', which leaks another", end_exec_self},
		{"exec-failed", "an exec that fails; then finishes its connection and returns 3", end_exec_failed},
		{"destructor", "finishes its connection in a destructor", end_destructor},
		{"fork-inherit", "a child inherits the connection and exits 3; the parent finishes it", fork_inherit},
		{"fork-_exit", "a child inherits the connection and calls _exit(3)", fork_raw_exit},
		{"fork-finish", "a child finishes the connection of its parent, who finishes it too", fork_finish},
		{"fork-own", "a child opens two of its own, leaks one, exits 3", fork_own},
		{"fork-first", "N children open one each and leak it; the parent never touches libpq", fork_first},
		{"spawn", "spawns 'return', finishes its own", spawn},
		{"vfork-exec", "becomes 'return' in a vforked child, finishes its own", vfork_exec},
		{"system", "runs 'return' by system(), finishes its own", run_system},
		{NULL, NULL, NULL},
	};
	self = argv[0];
	return client_main(argc, argv, cases);
}
