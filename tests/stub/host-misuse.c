// SPDX-License-Identifier: PostgreSQL
/*
 * host-misuse.c - a program that does what it must not, one case for each; and failed and lost connections.
 *
 * The stub forgives all of it, so the host lives to tell.
 */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

static int finished_use(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = PQconnectdb("");
	PQfinish(conn);
	PQclear(PQexec(conn, "SELECT 1"));
	return 0;
}

static int finished_twice(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = PQconnectdb("");
	PQfinish(conn);
	PQfinish(conn);
	return 0;
}

static int cleared_twice(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = PQconnectdb("");
	PGresult *res = PQexec(conn, "SELECT 1");
	PQclear(res);
	PQclear(res);
	PQfinish(conn);
	return 0;
}

/* finished-in STATEMENT [send]: a connection finished after that statement. */
static int finished_in(int argc, char **argv)
{
	PGconn *conn = PQconnectdb("");
	require(argc > 1, "a statement");
	if (argc > 2)
		PQsendQuery(conn, argv[1]);
	else
		PQclear(PQexec(conn, argv[1]));
	PQfinish(conn);
	return 0;
}

/* child use|finish: a connection that the child did not open. */
static int child(int argc, char **argv)
{
	require(argc > 1, "what to do");
	PGconn *conn = PQconnectdb("");
	pid_t pid = fork();
	if (pid == 0) {
		if (strcmp(argv[1], "use") == 0)
			PQclear(PQexec(conn, "SELECT 1"));
		else
			PQfinish(conn);
		return 0;
	}
	waitpid(pid, NULL, 0);
	PQfinish(conn);
	return 0;
}

static PGconn *shared;
static sem_t is_out, may_end;

static void *be_slow(void *unused)
{
	(void)unused;
	PQclear(PQexec(shared, "SELECT 1"));
	return NULL;
}

/* Waits until somebody is inside PQexec; the stub counts a call when it begins. */
static void wait_for_call(int function)
{
	while (atomic_load(&pqstub_control()->calls[function]) == 0)
		usleep(100);
}

/* threads: while one thread is inside PQexec another one calls it too; what does not work with the server is no misuse.
 */
static int threads(int argc, char **argv)
{
	(void)argc, (void)argv;
	pthread_t thread;
	shared = PQconnectdb("");
	pqstub_control()->is_slow = true;
	require(pthread_create(&thread, NULL, be_slow, NULL) == 0, "pthread_create");
	wait_for_call(STUB_PQsendQuery);
	usleep(20000); /* until it sleeps */
	PQfreeCancel(PQgetCancel(shared));
	PQfreemem(PQescapeLiteral(shared, "a", 1));
	PQclear(PQgetResult(shared));
	pqstub_control()->is_slow = false;
	pthread_join(thread, NULL);
	PQfinish(shared);
	return 0;
}

static void *take_turns(void *mutex)
{
	for (int i = 0; i < 5000; i++) {
		pthread_mutex_lock(mutex);
		PQclear(PQexec(shared, "SELECT 1"));
		pthread_mutex_unlock(mutex);
	}
	return NULL;
}

/* turns: threads that share a connection as they should. */
static int turns(int argc, char **argv)
{
	(void)argc, (void)argv;
	pthread_t ids[4];
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	shared = PQconnectdb("");
	for (int i = 0; i < 4; i++)
		require(pthread_create(&ids[i], NULL, take_turns, &mutex) == 0, "pthread_create");
	for (int i = 0; i < 4; i++)
		pthread_join(ids[i], NULL);
	PQfinish(shared);
	return 0;
}

/* nested: a notice receiver uses the connection whose call it was called from. */
static void use_again(void *argument, const PGresult *res)
{
	(void)res;
	PQclear(PQexec(argument, "SELECT 1"));
}

static int nested(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = PQconnectdb("");
	PQsetNoticeReceiver(conn, use_again, conn);
	PQclear(PQexec(conn, STUB_QUERY_WITH_NOTICE));
	PQfinish(conn);
	return 0;
}

static jmp_buf out;

static void jump_out(void *argument, const PGresult *res)
{
	(void)argument, (void)res;
	longjmp(out, 1);
}

/* As deep as a program's calls are; afterwards the thread sleeps further up. */
__attribute__((noinline)) static void exec_deep_down(void)
{
	char room[4096];
	memset(room, 0, sizeof room);
	__asm__ volatile("" ::"r"(room) : "memory");
	PQexec(shared, STUB_QUERY_WITH_NOTICE);
	__asm__ volatile("" ::"r"(room) : "memory");
}

static void *leave_sideways(void *unused)
{
	(void)unused;
	PQsetNoticeReceiver(shared, jump_out, NULL);
	if (setjmp(out) == 0)
		exec_deep_down();
	sem_post(&is_out);
	sem_wait(&may_end);
	return NULL;
}

/* left: a thread has left PQexec by longjmp and lives on, another one died in it; then their connection is used. */
static int left(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (unsigned is_dead = 0; is_dead < 2; is_dead++) {
		pthread_t thread;
		shared = PQconnectdb("");
		sem_init(&is_out, 0, 0);
		sem_init(&may_end, 0, is_dead);
		require(pthread_create(&thread, NULL, leave_sideways, NULL) == 0, "pthread_create");
		if (is_dead)
			pthread_join(thread, NULL);
		sem_wait(&is_out);
		usleep(50000); /* until it sleeps */
		PQclear(PQexec(shared, "SELECT 1"));
		sem_post(&may_end);
		if (!is_dead)
			pthread_join(thread, NULL);
		PQfinish(shared);
	}
	return 0;
}

/* refused MESSAGE...: a connection that fails, for each. */
static int refused(int argc, char **argv)
{
	pqstub_control()->connect_fails = true;
	for (int i = 1; i < argc; i++) {
		pqstub_control()->message = argv[i];
		PQfinish(PQconnectdb(""));
	}
	return 0;
}

/* lost: the server goes away under a query; two more uses follow. */
static int lost(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = PQconnectdb("");
	PQclear(PQexec(conn, "SELECT 1"));
	usleep(50000);
	PQclear(PQexec(conn, STUB_LOSE));
	for (int i = 0; i < 2; i++)
		PQclear(PQexec(conn, "SELECT 1"));
	PQfinish(conn);
	return 0;
}

/* settings [SSLMODE]: how a connection is asked for. */
static int settings(int argc, char **argv)
{
	pqstub_control()->sslmode = argc > 1 ? argv[1] : NULL;
	PQfinish(PQconnectdb(""));
	return 0;
}

int main(int argc, char **argv)
{
	return host_main((const struct host_case[]){{"finished-use", finished_use},
												{"finished-twice", finished_twice},
												{"cleared-twice", cleared_twice},
												{"finished-in", finished_in},
												{"child", child},
												{"threads", threads},
												{"turns", turns},
												{"nested", nested},
												{"left", left},
												{"refused", refused},
												{"lost", lost},
												{"settings", settings},
												{0}},
					 argc, argv);
}
