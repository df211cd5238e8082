// SPDX-License-Identifier: PostgreSQL
/* host-room.c - hosts that run long: their memory, and what they do while the trace is locked or the spool cannot grow.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

static int rounds;

/* Two results are there at a time: what is cleared before anything else happens would only be counted. */
static void pairs(PGconn *conn, int count)
{
	for (int i = 0; i < count; i += 2) {
		PGresult *first = PQexec(conn, "SELECT 1"), *second = i + 1 < count ? PQexec(conn, "SELECT 1") : NULL;
		PQclear(first);
		if (second != NULL)
			PQclear(second);
	}
}

/* Anonymous memory in KiB. */
static long own_memory(void)
{
	char line[256];
	long kib = -1;
	FILE *status = fopen("/proc/self/status", "r");
	require(status != NULL, "/proc/self/status");
	while (fgets(line, sizeof line, status) != NULL)
		if (strncmp(line, "RssAnon:", 8) == 0)
			kib = atol(line + 8);
	fclose(status);
	require(kib > 0, "RssAnon");
	return kib;
}

/* reopen: loads and unloads a library 20,000 times, with a pair between; memory must not grow with the number. */
static int reopen(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = PQconnectdb("");
	long early = 0;
	for (int i = 1; i <= 20000; i++) {
		dlclose(must_open("libm.so.6", RTLD_NOW));
		pairs(conn, 1);
		if (i == 5000)
			early = own_memory();
	}
	long grown = own_memory() - early;
	if (grown < 1024)
		say("15,000 more rounds take less than 1 MiB more");
	else
		say("15,000 more rounds take %ld KiB more", grown);
	PQfinish(conn);
	return 0;
}

/* Makes the file, and waits until somebody removes it. */
static void wait_for(const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
	require(fd >= 0, file);
	close(fd);
	while (access(file, F_OK) == 0)
		usleep(1000);
}

/* locked FILE: FILE comes twice: before the pairs that find the trace locked, and after them. */
static int locked(int argc, char **argv)
{
	require(argc > 1, "a file");
	PGconn *conn = PQconnectdb("");
	pairs(conn, 20000);
	wait_for(argv[1]);
	pairs(conn, 150000);
	wait_for(argv[1]);
	pairs(conn, 200000);
	PQfinish(conn);
	PQconnectdb("");
	say_counts("libpq", pqstub_control());
	return 0;
}

static void *work(void *unused)
{
	PGconn *conn = PQconnectdb("");
	pairs(conn, rounds);
	PQfinish(conn);
	return unused;
}

/* crowd THREADS ROUNDS: so many threads, each with a connection and so many pairs; nothing leaks. */
static int crowd(int argc, char **argv)
{
	require(argc > 2, "threads and rounds");
	pthread_t ids[64];
	int threads = atoi(argv[1]);
	rounds = atoi(argv[2]);
	require(threads <= 64, "64 threads at most");
	for (int i = 0; i < threads; i++)
		require(pthread_create(&ids[i], NULL, work, NULL) == 0, "pthread_create");
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	say_counts("libpq", pqstub_control());
	return 0;
}

/* unwritable FOLDER: the process loses its right to write there, or to read; then 15,000 pairs. */
static int unwritable(int argc, char **argv)
{
	require(argc > 1, "a folder");
	PGconn *conn = PQconnectdb("");
	pairs(conn, 1);
	if (geteuid() == 0)
		require(setresuid(65534, 65534, 65534) == 0, "setresuid");
	else
		require(chmod(argv[1], 0) == 0, argv[1]);
	pairs(conn, 15000);
	PQfinish(conn);
	say_counts("libpq", pqstub_control());
	return 0;
}

int main(int argc, char **argv)
{
	return host_main(
		(const struct host_case[]){
			{"reopen", reopen}, {"locked", locked}, {"unwritable", unwritable}, {"crowd", crowd}, {0}},
		argc, argv);
}
