// SPDX-License-Identifier: PostgreSQL
/* host-process.c - how processes begin and end, with connections open. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "keeper.h"

extern char **environ;

static const char *self; /* this program */

static int status_of(pid_t pid)
{
	int status = -1;
	require(waitpid(pid, &status, 0) == pid, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* One connection that stays open and one that is finished, with a result that stays and one that is cleared. */
static void use_own(void)
{
	PGconn *conn = PQconnectdb("");
	PQfinish(PQconnectdb(""));
	PQclear(PQexec(conn, "SELECT 1"));
	PQexec(conn, "SELECT 2");
}

/* The ways to make a child that goes on in the same program. */
static pid_t by_fork(void)
{
	return fork();
}

static pid_t by_raw_fork(void)
{
	return _Fork();
}

static pid_t by_clone(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static pid_t (*const ways[])(void) = {by_fork, by_raw_fork, by_clone};

static pid_t make_child(const char *way)
{
	return ways[strcmp(way, "_Fork") == 0 ? 1 : strcmp(way, "clone") == 0 ? 2 : 0]();
}

/* untouched WAY: the child leaves what it inherited alone. */
static int untouched(int argc, char **argv)
{
	PGconn *conn = PQconnectdb("");
	pid_t pid = make_child(argc > 1 ? argv[1] : "fork");
	if (pid == 0)
		exit(4);
	say("child %d", status_of(pid));
	PQfinish(conn);
	return 0;
}

/* inherited WAY: the child uses what it inherited, finishes one of two, and clears a result of its parent's. */
static int inherited(int argc, char **argv)
{
	PGconn *conn = PQconnectdb(""), *other = PQconnectdb("");
	PGresult *res = PQexec(conn, "SELECT 1");
	pid_t pid = make_child(argc > 1 ? argv[1] : "fork");
	if (pid == 0) {
		PQclear(PQexec(conn, "SELECT 2"));
		PQclear(res);
		PQfinish(other);
		exit(4);
	}
	say("child %d", status_of(pid));
	PQclear(res);
	PQfinish(other);
	PQfinish(conn);
	return 0;
}

/* own WAY: the child and its child have connections of their own; the parent had one before. */
static int own(int argc, char **argv)
{
	PGconn *conn = PQconnectdb("");
	pid_t pid = make_child(argc > 1 ? argv[1] : "fork");
	if (pid == 0) {
		use_own();
		pid_t grandchild = make_child(argc > 1 ? argv[1] : "fork");
		if (grandchild == 0) {
			use_own();
			exit(5);
		}
		exit(status_of(grandchild));
	}
	say("child %d", status_of(pid));
	PQfinish(conn);
	return 0;
}

static atomic_bool is_over;

static void *exec_and_clear(void *conn)
{
	while (!is_over)
		PQclear(PQexec(conn, "SELECT 1"));
	return NULL;
}

/* Forks while other threads are inside the shim: the children must find every lock of ours free. */
static int busy_fork(int argc, char **argv)
{
	(void)argc, (void)argv;
	pthread_t ids[3];
	PGconn *conns[3];
	for (int i = 0; i < 3; i++) {
		conns[i] = PQconnectdb("");
		require(pthread_create(&ids[i], NULL, exec_and_clear, conns[i]) == 0, "pthread_create");
	}
	for (int i = 0; i < 40; i++) {
		pid_t pid = make_child(i % 2 == 0 ? "fork" : "_Fork");
		if (pid == 0) {
			alarm(600);
			use_own();
			exit(4);
		}
		if (status_of(pid) != 4)
			say("child %d ended otherwise", i);
	}
	is_over = true;
	for (int i = 0; i < 3; i++) {
		pthread_join(ids[i], NULL);
		PQfinish(conns[i]);
	}
	return 0;
}

/* vfork: the child shares our memory, and its exec or its _exit is not ours.  With an argument we are killed. */
static int by_vfork(int argc, char **argv)
{
	(void)argv;
	PGconn *conn = PQconnectdb("");
	for (int i = 0; i < 3; i++) {
		pid_t pid = vfork();
		if (pid == 0) {
			if (i == 0)
				execl("/bin/true", "true", (char *)NULL);
			if (i == 1)
				execl("/no/such/program", "program", (char *)NULL);
			_exit(6);
		}
		say("child %d", status_of(pid));
	}
	PQclear(PQexec(conn, "SELECT 1"));
	PQfinish(conn);
	if (argc > 1)
		raise(SIGKILL);
	return 0;
}

/* posix_spawn and system of a program that leaks one connection. */
static int spawn(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = PQconnectdb("");
	pid_t pid;
	char *arguments[] = {(char *)(uintptr_t)self, (char *)(uintptr_t) "leak", NULL};
	require(posix_spawn(&pid, self, NULL, NULL, arguments, environ) == 0, "posix_spawn");
	say("spawned %d", status_of(pid));
	char line[4200];
	require((size_t)snprintf(line, sizeof line, "'%s' leak", self) < sizeof line, "a short path");
	say("system %d", WEXITSTATUS(system(line)));
	PQfinish(conn);
	return 0;
}

static int leak(int argc, char **argv)
{
	(void)argc, (void)argv;
	PQconnectdb("");
	return 3;
}

static void *leave(void *unused)
{
	(void)unused;
	PQexec(PQconnectdb(""), "SELECT 1");
	exit(3);
}

/* A thread calls exit while the others wait. */
static int exit_in_thread(int argc, char **argv)
{
	(void)argc, (void)argv;
	PQfinish(PQconnectdb(""));
	pthread_t id;
	require(pthread_create(&id, NULL, leave, NULL) == 0, "pthread_create");
	pthread_join(id, NULL);
	return 95;
}

static int raw_exit(int argc, char **argv)
{
	(void)argc, (void)argv;
	PQexec(PQconnectdb(""), "SELECT 1");
	_exit(3);
}

static int die(int argc, char **argv)
{
	PQexec(PQconnectdb(""), "SELECT 1");
	raise(argc > 1 ? atoi(argv[1]) : SIGKILL);
	return 95;
}

static PGconn *at_exit_conn;

static void finish_at_exit(void)
{
	PQfinish(at_exit_conn);
}

/* Three connections that are finished after main has returned, in three ways. */
static int late(int argc, char **argv)
{
	(void)argc, (void)argv;
	keeper_keep(PQconnectdb(""), KEEPER_CXA_ATEXIT);
	keeper_keep(PQconnectdb(""), KEEPER_ELF_DESTRUCTOR);
	at_exit_conn = PQconnectdb("");
	atexit(finish_at_exit);
	return 3;
}

/* Every exec that fails leaves the process running, as before.  With an argument it is killed in the end. */
static int failing_exec(int argc, char **argv)
{
	(void)argv;
	char *arguments[] = {(char *)(uintptr_t) "program", NULL};
	PGconn *conn = PQconnectdb("");
	const char *path = "/no/such/program";
	int errors = 0;
#define TRY(call) errno = 0, errors += (call) == -1 && errno == ENOENT
	TRY(execv(path, arguments));
	TRY(execve(path, arguments, environ));
	TRY(execvp(path, arguments));
	TRY(execvpe(path, arguments, environ));
	TRY(execl(path, "program", (char *)NULL));
	TRY(execlp(path, "program", (char *)NULL));
	TRY(execle(path, "program", (char *)NULL, environ));
	TRY(execveat(-1, path, arguments, environ, 0));
	errno = 0;
	errors += fexecve(-1, arguments, environ) == -1 && errno != 0;
	say("%d failed as they should", errors);
	PQclear(PQexec(conn, "SELECT 1"));
	PQfinish(conn);
	PQconnectdb("");
	if (argc > 1)
		raise(SIGKILL);
	return 3;
}

/* exec NAME: replaced by itself, in one of the ways; both programs leave a connection. */
static int exec_self(int argc, char **argv)
{
	char *arguments[] = {(char *)(uintptr_t)self, (char *)(uintptr_t) "leak", NULL};
	const char *name = argc > 1 ? argv[1] : "execv";
	PQconnectdb("");
	if (strcmp(name, "execv") == 0)
		execv(self, arguments);
	if (strcmp(name, "execve") == 0)
		execve(self, arguments, environ);
	if (strcmp(name, "execvp") == 0)
		execvp(self, arguments);
	if (strcmp(name, "execvpe") == 0)
		execvpe(self, arguments, environ);
	if (strcmp(name, "execl") == 0)
		execl(self, self, "leak", (char *)NULL);
	if (strcmp(name, "execlp") == 0)
		execlp(self, self, "leak", (char *)NULL);
	if (strcmp(name, "execle") == 0)
		execle(self, self, "leak", (char *)NULL, environ);
	return 95;
}

int main(int argc, char **argv)
{
	self = argv[0];
	return host_main((const struct host_case[]){{"untouched", untouched},
												{"inherited", inherited},
												{"own", own},
												{"busy-fork", busy_fork},
												{"vfork", by_vfork},
												{"spawn", spawn},
												{"leak", leak},
												{"exit-in-thread", exit_in_thread},
												{"_exit", raw_exit},
												{"die", die},
												{"late", late},
												{"failing-exec", failing_exec},
												{"exec", exec_self},
												{0}},
					 argc, argv);
}
