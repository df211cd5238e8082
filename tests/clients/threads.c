// SPDX-License-Identifier: PostgreSQL
/* threads.c - connections opened, used and finished by several threads. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "client.h"

#define MOST_THREADS 64

static int rounds;
static int leaking; /* of the threads, these leak what they opened last */
static PGconn *shared[MOST_THREADS];

static void *work(void *argument)
{
	int number = (int)(size_t)argument;
	for (int i = 0; i < rounds; i++) {
		PGconn *conn = client_open();
		client_do(conn, "SELECT 1");
		if (i + 1 < rounds || number >= leaking)
			PQfinish(conn);
	}
	return NULL;
}

static void *open_shared(void *argument)
{
	shared[(size_t)argument] = client_open();
	return NULL;
}

static void *stay(void *argument)
{
	client_open();
	client_say("open");
	pause();
	return argument;
}

static void *leave(void *argument)
{
	client_open();
	exit(3);
	return argument;
}

/* Runs `function` in so many threads and waits for all. */
static int in_threads(int threads, void *(*function)(void *))
{
	pthread_t running[MOST_THREADS];
	if (threads > MOST_THREADS)
		return 98;
	for (int i = 0; i < threads; i++)
		if (pthread_create(&running[i], NULL, function, (void *)(size_t)i) != 0)
			return 98;
	for (int i = 0; i < threads; i++)
		pthread_join(running[i], NULL);
	return 0;
}

static int some_leak(int argc, char **argv)
{
	int threads = client_number(argc, argv, 1, 8);
	rounds = client_number(argc, argv, 2, 5);
	leaking = client_number(argc, argv, 3, 3);
	return in_threads(threads, work);
}

static int handed_over(int argc, char **argv)
{
	int threads = client_number(argc, argv, 1, 4);
	int status = in_threads(threads, open_shared);
	for (int i = 0; i < threads; i++)
		PQfinish(shared[i]);
	return status;
}

static int exit_in_thread(int argc, char **argv)
{
	(void)argc, (void)argv;
	return in_threads(1, leave);
}

/* The main thread ends first; the process lives on until its last thread does. */
static int main_leaves(int argc, char **argv)
{
	(void)argc, (void)argv;
	static pthread_t other;
	rounds = 2;
	leaking = 1;
	if (pthread_create(&other, NULL, work, NULL) != 0)
		return 98;
	pthread_exit(NULL);
}

static int killed(int argc, char **argv)
{
	return in_threads(client_number(argc, argv, 1, 4), stay);
}

int main(int argc, char **argv)
{
	static const struct client_case cases[] = {
		{"some-leak", "N M K: N threads open M each; in K of them the last one is leaked", some_leak},
		{"handed-over", "N: threads open, the main thread finishes", handed_over},
		{"exit-in-thread", "a thread leaks one and calls exit(3)", exit_in_thread},
		{"main-leaves", "the main thread ends before the one that leaks", main_leaves},
		{"stay", "N: threads open one each and stay, to be killed", killed},
		{NULL, NULL, NULL},
	};
	return client_main(argc, argv, cases);
}
