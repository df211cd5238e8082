// SPDX-License-Identifier: PostgreSQL
/*
 * handover.c - connections that go through fork: handed over to the child, or shared with it.
 *
 * Each case runs in a process of its own, below one that never calls libpq and waits for all that come of it, daemons
 * too: so nothing runs any more when the program ends.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

static int wait_for_all(void)
{
	int status, all = 0;
	while (wait(&status) > 0 || errno == EINTR)
		all |= status;
	return all != 0;
}

static void use(PGconn *conn)
{
	client_do(conn, "SELECT 1");
}

static void finish(PGconn *conn)
{
	PQfinish(conn);
}

static void use_and_finish(PGconn *conn)
{
	use(conn);
	finish(conn);
}

static void escape(PGconn *conn)
{
	PQfreemem(PQescapeLiteral(conn, "a", 1));
}

static void reset(PGconn *conn)
{
	PQreset(conn);
	finish(conn);
}

/* What the child does, before it leaves by exit. */
static void in_child(PGconn *conn, void (*child)(PGconn *conn))
{
	if (fork() == 0) {
		child(conn);
		exit(0);
	}
}

static PGconn *open_and_use(void)
{
	PGconn *conn = client_open();
	use(conn);
	return conn;
}

static int become_daemon(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = open_and_use();
	if (daemon(1, 1) != 0)
		return 92;
	use_and_finish(conn);
	return 0;
}

/* As become_daemon, but the child's child is what goes on. */
static int twice(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = open_and_use();
	for (int i = 0; i < 2; i++)
		if (fork() != 0)
			_exit(0);
	use_and_finish(conn);
	return 0;
}

static int exiting(int argc, char **argv)
{
	(void)argc, (void)argv;
	in_child(open_and_use(), use_and_finish);
	return 0;
}

/* As pg_basebackup's process that streams the log. */
static int waiting(int argc, char **argv)
{
	(void)argc, (void)argv;
	in_child(open_and_use(), use_and_finish);
	return wait_for_all();
}

static int only_finished(int argc, char **argv)
{
	(void)argc, (void)argv;
	in_child(client_open(), finish);
	return wait_for_all();
}

static int leaked(int argc, char **argv)
{
	(void)argc, (void)argv;
	in_child(open_and_use(), use);
	return wait_for_all();
}

/* It is the parent's to finish: the child talks to no server. */
static int escaped(int argc, char **argv)
{
	(void)argc, (void)argv;
	in_child(open_and_use(), escape);
	return wait_for_all();
}

static void hand_on(PGconn *conn)
{
	use(conn);
	in_child(conn, use_and_finish);
	if (wait_for_all() != 0)
		exit(92);
}

static int handed_on(int argc, char **argv)
{
	(void)argc, (void)argv;
	in_child(open_and_use(), hand_on);
	return wait_for_all();
}

static void commit(PGconn *conn)
{
	client_do(conn, "COMMIT");
	finish(conn);
}

static int in_transaction(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	client_do(conn, "BEGIN");
	in_child(conn, commit);
	return wait_for_all();
}

static int reset_there(int argc, char **argv)
{
	(void)argc, (void)argv;
	in_child(open_and_use(), reset);
	return wait_for_all();
}

/* Another connection, which the parent keeps to itself. */
static int beside(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *own = open_and_use();
	in_child(open_and_use(), use_and_finish);
	int status = wait_for_all();
	use_and_finish(own);
	return status;
}

/* --- shared --- */

static int used_after(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = open_and_use();
	in_child(conn, use);
	int status = wait_for_all();
	use(conn);
	use_and_finish(conn);
	return status;
}

static int finished_after(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = open_and_use();
	in_child(conn, use);
	int status = wait_for_all();
	finish(conn);
	return status;
}

static void use_twice_and_finish(PGconn *conn)
{
	for (int i = 0; i < 2; i++)
		use(conn);
	finish(conn);
}

static int finished_by_both(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = open_and_use();
	in_child(conn, use_twice_and_finish);
	int status = wait_for_all();
	finish(conn);
	return status;
}

static int two_children(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = open_and_use();
	in_child(conn, use);
	int status = wait_for_all();
	in_child(conn, use_and_finish);
	return status | wait_for_all();
}

static void keep_and_share(PGconn *conn)
{
	in_child(conn, use);
	if (wait_for_all() != 0)
		exit(92);
	finish(conn);
}

static int shared_by_child(int argc, char **argv)
{
	(void)argc, (void)argv;
	in_child(open_and_use(), keep_and_share);
	return wait_for_all();
}

/* The child goes on after its parent was asked for a line; the parent leaves its connection alone until another. */
static int live(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = open_and_use();
	in_child(conn, use_and_finish);
	int status = wait_for_all();
	client_say("handed over");
	if (getchar() == 'u')
		use(conn);
	return status;
}

/* A daemon that calls libpq only when it is asked to, long after its parent has ended; nobody waits for it. */
static int late(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = open_and_use();
	if (daemon(1, 1) != 0)
		return 92;
	client_say("a daemon");
	if (getchar() == 'u')
		use_and_finish(conn);
	client_say("done");
	return 0;
}

static int (*chosen)(int argc, char **argv);

static int run_below(int argc, char **argv)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (fork() == 0)
		exit(chosen(argc, argv));
	return wait_for_all();
}

#define CASE(name, purpose, run)                                                                                       \
	{                                                                                                                  \
		name, purpose, run                                                                                             \
	}

int main(int argc, char **argv)
{
	static struct client_case cases[] = {
		CASE("daemon", "goes on as a daemon with the connection", become_daemon),
		CASE("twice", "the same by two forks", twice),
		CASE("exiting", "a child uses and finishes it, the parent exits at once", exiting),
		CASE("waiting", "the same, but the parent waits for the child", waiting),
		CASE("only-finished", "a child finishes it, the parent leaves it alone", only_finished),
		CASE("leaked", "a child uses it and nobody finishes it", leaked),
		CASE("escaped", "a child escapes a text with it, and nobody finishes it", escaped),
		CASE("handed-on", "a child hands it on to its own child", handed_on),
		CASE("in-transaction", "handed over in a transaction, which the child commits", in_transaction),
		CASE("reset", "a child resets and finishes it", reset_there),
		CASE("beside", "one is handed over, one stays", beside),
		CASE("used-after", "a child uses it, then the parent does", used_after),
		CASE("finished-after", "a child uses it, then the parent finishes it", finished_after),
		CASE("finished-by-both", "a child uses it twice and finishes it, and the parent finishes it", finished_by_both),
		CASE("two-children", "two children use it one after the other", two_children),
		CASE("shared-by-child", "a child shares what it took over with its own child", shared_by_child),
		CASE("live", "handed over; after a line the parent ends ('u': uses it first)", live),
		CASE("late", "after a line a daemon ends ('u': uses and finishes it first)", late),
		CASE(NULL, NULL, NULL),
	};
	for (struct client_case *one = cases; argc > 1 && one->name != NULL; one++) {
		if (chosen == NULL && strcmp(one->name, argv[1]) == 0) {
			chosen = one->run;
			one->run = chosen == late ? late : run_below;
		}
	}
	return client_main(argc, argv, cases);
}
