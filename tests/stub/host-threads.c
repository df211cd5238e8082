// SPDX-License-Identifier: PostgreSQL
/* host-threads.c - many calls at once: from threads, and from a signal handler that interrupts them. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

enum { THREADS = 8 };

static int rounds;
static bool stay;
static pthread_barrier_t all_ready, all_done;

#ifdef HOST_PLANTED_RACE
/* A race for the thread sanitizer to find: shows that it looks. */
static unsigned unguarded;
#endif

static void *work(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&all_ready);
	PGconn *conn = PQconnectdb("");
	for (int i = 0; i < rounds; i++) {
		PQclear(PQexec(conn, "SELECT 1"));
#ifdef HOST_PLANTED_RACE
		unguarded++;
#endif
	}
	PQexec(conn, "SELECT 2");
	PQfinish(conn);
	pthread_barrier_wait(&all_done);
	while (stay)
		pause();
	return NULL;
}

/*
 * threads ROUNDS [stay]: eight threads that begin with their first connect at the same moment.  They may stay: the
 * thread sanitizer cannot bear libunwind's destructor at a thread's end.
 */
static int threads(int argc, char **argv)
{
	rounds = argc > 1 ? atoi(argv[1]) : 10000;
	stay = argc > 2;
	pthread_t ids[THREADS];
	pthread_barrier_init(&all_ready, NULL, THREADS);
	pthread_barrier_init(&all_done, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		require(pthread_create(&ids[i], NULL, work, NULL) == 0, "pthread_create");
	pthread_barrier_wait(&all_done);
	for (int i = 0; i < THREADS && !stay; i++)
		pthread_join(ids[i], NULL);
	say_counts("libpq", pqstub_control());
	return 0;
}

/* in-turn ROUNDS: the same, but each thread begins when the one before has ended. */
static int in_turn(int argc, char **argv)
{
	rounds = argc > 1 ? atoi(argv[1]) : 10000;
	pthread_barrier_init(&all_ready, NULL, 1);
	pthread_barrier_init(&all_done, NULL, 1);
	for (int i = 0; i < THREADS; i++) {
		pthread_t id;
		require(pthread_create(&id, NULL, work, NULL) == 0, "pthread_create");
		pthread_join(id, NULL);
	}
	say_counts("libpq", pqstub_control());
	return 0;
}

static PGconn *handler_conn;
static volatile sig_atomic_t handled, handler_opened, is_over;

/* Each time anew: with an interval a slow handler would return into the next signal, and the host never come on. */
static void send_soon(void)
{
	setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 50}, NULL);
}

static void handle(int number)
{
	(void)number;
	int error = errno;
	PQclear(PQexec(handler_conn, "SELECT 1"));
	handled = handled + 1;
	if (handled % 5 == 0) {
		PQfinish(PQconnectdb(""));
		handler_opened = handler_opened + 1;
	}
	if (!is_over)
		send_soon();
	errno = error;
}

/* A timer whose handler uses libpq, fast, while the host is in libpq or in the shim nearly all the time. */
static int storm(int argc, char **argv)
{
	int wanted = argc > 1 ? atoi(argv[1]) : 1000, execs = 0, wrong = 0;
	PGconn *conn = PQconnectdb("");
	handler_conn = PQconnectdb("");
	require(sigaction(SIGALRM, &(struct sigaction){.sa_handler = handle, .sa_flags = SA_RESTART}, NULL) == 0,
			"sigaction");
	const time_t end = time(NULL) + 20;
	send_soon();
	for (; handled < wanted && time(NULL) < end; execs++) {
		errno = 7;
		PGresult *res = PQexec(conn, "SELECT 1");
		wrong += errno != STUB_ERRNO + STUB_PQexec || PQresultStatus(res) != PGRES_TUPLES_OK;
		PQclear(res);
	}
	is_over = 1;
	setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_sec = 0}, NULL);
	PQfinish(conn);
	PQfinish(handler_conn);
	say("wrong %d", wrong);
	say("foreign %u held %u %u", pqstub_control()->foreign, pqstub_control()->conns, pqstub_control()->results_held);
	say("execs %d", execs + (int)handled);
	say("opens %d", 2 + (int)handler_opened);
	return handled >= wanted ? 0 : 97;
}

/* The processor traps after every instruction; the kernel lets a handler run without that. */
static bool set_stepping(bool steps)
{
#ifdef __x86_64__
	const unsigned long long trap = 0x100;
	unsigned long long flags = __builtin_ia32_readeflags_u64();
	__builtin_ia32_writeeflags_u64(steps ? flags | trap : flags & ~trap);
	return true;
#else
	(void)steps;
	return false;
#endif
}

static void step(int number)
{
	(void)number;
	int error = errno;
	PQclear(PQexec(handler_conn, "SELECT 1"));
	handled = handled + 1;
	errno = error;
}

/* step ROUNDS: the same, but a handler runs after each instruction of the calls and of the shim. */
static int steps(int argc, char **argv)
{
	int rounds_left = argc > 1 ? atoi(argv[1]) : 2, execs = 0;
	PGconn *conn = PQconnectdb("");
	handler_conn = PQconnectdb("");
	require(sigaction(SIGTRAP, &(struct sigaction){.sa_handler = step}, NULL) == 0, "sigaction");
	/* What is done once, some of it with signals blocked, has been done when stepping begins. */
	for (const int once = execs + 20; execs < once + rounds_left; execs++) {
		if (execs >= once && !set_stepping(true))
			break;
		PQclear(PQexec(conn, "SELECT 1"));
		PQsendQuery(conn, "SELECT 1");
		PQclear(PQgetResult(conn));
		PQgetResult(conn);
		if (execs >= once)
			set_stepping(false);
	}
	PQfinish(conn);
	PQfinish(handler_conn);
	say("foreign %u held %u %u", pqstub_control()->foreign, pqstub_control()->conns, pqstub_control()->results_held);
	say("execs %d", 3 * execs + (int)handled); /* what is sent is four events, and not two */
	say("opens 2");
	say("handled %d", (int)handled);
	return 0;
}

int main(int argc, char **argv)
{
	return host_main(
		(const struct host_case[]){{"threads", threads}, {"in-turn", in_turn}, {"storm", storm}, {"steps", steps}, {0}},
		argc, argv);
}
