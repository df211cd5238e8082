// SPDX-License-Identifier: PostgreSQL
/*
 * misuse.c - does to libpq what must not be done, and the same work as it should be.
 *
 * Nothing here is ever freed: what a call makes of memory that was given back would otherwise be luck, and the program
 * would crash on one machine and not on the other.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

/* Takes the place of libc's, for libpq too. */
void free(void *memory)
{
	(void)memory;
}

static void use_after_finish(void)
{
	PGconn *conn = client_open();
	PQfinish(conn);
	PQclear(PQexec(conn, "SELECT 1"));
}

static void use_before_finish(void)
{
	PGconn *conn = client_open();
	client_do(conn, "SELECT 1");
	PQfinish(conn);
}

static void finish_twice(void)
{
	PGconn *conn = client_open();
	PQfinish(conn);
	PQfinish(conn);
}

static void finish_once(void)
{
	PGconn *conn = client_open();
	PQfinish(conn);
	conn = NULL;
	PQfinish(conn);
}

static void clear_twice(void)
{
	PGconn *conn = client_open();
	PGresult *result = PQexec(conn, "SELECT 1");
	PQclear(result);
	PQclear(result);
	PQfinish(conn);
}

static void clear_once(void)
{
	PGconn *conn = client_open();
	PGresult *result = PQexec(conn, "SELECT 1");
	PQclear(result);
	result = NULL;
	PQclear(result);
	PQfinish(conn);
}

/* Runs `child` in a child and waits for it. */
static void fork_and(PGconn *conn, void (*child)(PGconn *conn))
{
	pid_t pid = fork();
	if (pid == 0) {
		child(conn);
		_exit(0);
	}
	int status;
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		client_fail(conn, "the child");
}

static void use_it(PGconn *conn)
{
	client_do(conn, "SELECT 1");
}

static void finish_it(PGconn *conn)
{
	PQfinish(conn);
}

static void open_another(PGconn *conn)
{
	(void)conn;
	PGconn *own = client_open();
	client_do(own, "SELECT 1");
	PQfinish(own);
}

static void used_in_child(void)
{
	PGconn *conn = client_open();
	fork_and(conn, use_it);
	PQfinish(conn);
}

static void finished_in_child(void)
{
	PGconn *conn = client_open();
	fork_and(conn, finish_it);
	PQfinish(conn);
}

static void own_in_child(void)
{
	PGconn *conn = client_open();
	fork_and(conn, open_another);
	client_do(conn, "SELECT 1");
	PQfinish(conn);
}

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static PGconn *shared;

static void *wait_for_the_lock(void *locked)
{
	if (locked)
		pthread_mutex_lock(&turn);
	client_do(shared, "SELECT pg_advisory_lock(1)");
	if (locked)
		pthread_mutex_unlock(&turn);
	return NULL;
}

/*
 * One thread waits inside PQexec for a lock that a second connection holds.  It is known to be there when the server
 * says so; then the main thread makes a call on the same connection, which libpq refuses without harm.
 */
static void two_threads(void)
{
	static const char waits[] = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
	shared = client_open();
	PGconn *control = client_open();
	client_do(control, "SELECT pg_advisory_lock(1)");
	pthread_t other;
	if (pthread_create(&other, NULL, wait_for_the_lock, NULL) != 0)
		client_fail(control, "pthread_create");
	for (int waiting = 0; waiting == 0; usleep(1000)) {
		PGresult *result = PQexec(control, waits);
		waiting = PQntuples(result);
		PQclear(result);
	}
	if (PQsendQuery(shared, "SELECT 1") != 0)
		client_fail(shared, "a second query was accepted");
	client_do(control, "SELECT pg_advisory_unlock(1)");
	pthread_join(other, NULL);
	PQfinish(control);
	PQfinish(shared);
}

static void threads_by_turns(void)
{
	char name[] = "locked";
	shared = client_open();
	pthread_t other;
	if (pthread_create(&other, NULL, wait_for_the_lock, name) != 0)
		client_fail(shared, "pthread_create");
	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&turn);
		client_do(shared, "SELECT 1");
		pthread_mutex_unlock(&turn);
	}
	pthread_join(other, NULL);
	PQfinish(shared);
}

static void finish_in_transaction(void)
{
	PGconn *conn = client_open();
	client_do(conn, "BEGIN");
	PQfinish(conn);
}

static void finish_after_transaction(void)
{
	PGconn *conn = client_open();
	client_do(conn, "BEGIN");
	client_do(conn, "COMMIT");
	PQfinish(conn);
}

static void finish_with_query(void)
{
	PGconn *conn = client_open();
	PQsendQuery(conn, "SELECT 1");
	PQfinish(conn);
}

static void finish_after_query(void)
{
	PGconn *conn = client_open();
	PQsendQuery(conn, "SELECT 1");
	client_drain(conn);
	PQfinish(conn);
}

static void finish_in_copy(void)
{
	PGconn *conn = client_open();
	PQclear(PQexec(conn, "COPY (SELECT 1) TO STDOUT"));
	PQfinish(conn);
}

static void finish_after_copy(void)
{
	PGconn *conn = client_open();
	char *row = NULL;
	PQclear(PQexec(conn, "COPY (SELECT 1) TO STDOUT"));
	while (PQgetCopyData(conn, &row, 0) > 0)
		PQfreemem(row);
	client_drain(conn);
	PQfinish(conn);
}

int main(int argc, char **argv)
{
	static const struct client_twins twins[] = {
		{"use-after-finish", "PQexec on a finished connection", use_after_finish, use_before_finish},
		{"finished-twice", "PQfinish twice", finish_twice, finish_once},
		{"cleared-twice", "PQclear twice", clear_twice, clear_once},
		{"used-in-child", "a child uses its parent's connection", used_in_child, own_in_child},
		{"finished-in-child", "a child finishes its parent's connection", finished_in_child, own_in_child},
		{"two-threads", "two threads inside calls on one connection", two_threads, threads_by_turns},
		{"finished-in-transaction", "PQfinish after BEGIN", finish_in_transaction, finish_after_transaction},
		{"finished-with-query", "PQfinish while a query runs", finish_with_query, finish_after_query},
		{"finished-in-copy", "PQfinish inside COPY", finish_in_copy, finish_after_copy},
		{NULL, NULL, NULL, NULL},
	};
	return client_twins_main(argc, argv, twins);
}
