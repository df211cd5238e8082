// SPDX-License-Identifier: PostgreSQL
/* host-calls.c - an executable that NEEDs libpq: what one thread can do with connections and results. */
#include <errno.h>
#include <setjmp.h>
#include <stddef.h>

#include "host.h"

/* The address is used again at once: two resources, one address. */
static int reuse(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *first = PQconnectdb("");
	PQfinish(first);
	PGconn *second = PQconnectdb("");
	PGresult *one = PQexec(second, "SELECT 1");
	PQclear(one);
	PGresult *two = PQexec(second, "SELECT 2");
	say("same connection %d, same result %d", first == second, one == two);
	say_counts("libpq", pqstub_control());
	return 0;
}

/* Releases that nobody could see, and a release of what nobody saw acquired. */
static int unseen(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = PQconnectdb("");
	pqstub_release(conn);
	PGconn *again = PQconnectdb("");
	PGresult *res = PQexec(again, "SELECT 1");
	pqstub_release(res);
	PGresult *res_again = PQexec(again, "SELECT 1");
	say("same connection %d, same result %d", conn == again, res == res_again);
	PQclear(res_again);
	PQclear(pqstub_make());
	PQfinish(again);
	say_counts("libpq", pqstub_control());
	return 0;
}

/* All five ways to connect to a server that refuses; one is finished, one is given up before its outcome. */
static int refused(int argc, char **argv)
{
	(void)argc, (void)argv;
	const char *const none[] = {NULL};
	pqstub_control()->connect_fails = true;
	PQfinish(PQconnectdb(""));
	PQconnectdbParams(none, none, 0);
	PQsetdbLogin("", "", "", "", "", "", "");
	PGconn *polled = PQconnectStart("");
	say("poll %d", PQconnectPoll(polled));
	PQconnectStartParams(none, none, 0);
	pqstub_control()->connect_fails = false;
	PQconnectStart("");
	say_counts("libpq", pqstub_control());
	return 0;
}

/* A function that is not wrapped calls ones that are. */
static int unwrapped_outer(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = PQconnectdb("");
	for (int i = 0; i < 3; i++)
		say("encoding %d", PQsetClientEncoding(conn, "UTF8"));
	PQclear(PQexec(conn, "SELECT 1"));
	PQfinish(conn);
	say_counts("libpq", pqstub_control());
	return 0;
}

static PGconn *other_conn;
static PGresult *kept;

static void receive(void *argument, const PGresult *res)
{
	(void)res;
	++*(int *)argument;
	PQclear(kept);
	kept = NULL;
	if (other_conn != NULL) {
		PQexec(other_conn, "INSERT");
		PQfinish(other_conn);
	}
	other_conn = NULL;
}

/* A notice receiver is the host's code: what it acquires and releases counts. */
static int callback(int argc, char **argv)
{
	(void)argc, (void)argv;
	int notices = 0;
	PGconn *conn = PQconnectdb("");
	other_conn = PQconnectdb("");
	kept = PQexec(conn, "SELECT 1");
	PQsetNoticeReceiver(conn, receive, &notices);
	PQclear(PQexec(conn, STUB_QUERY_WITH_NOTICE));
	PQclear(PQexec(conn, STUB_QUERY_WITH_NOTICE));
	PQfinish(conn);
	say("%d notices", notices);
	say_counts("libpq", pqstub_control());
	return 0;
}

/* What gives back NULL arrives, as a program's first call and later, and changes nothing else. */
static int nothing(int argc, char **argv)
{
	(void)argc, (void)argv;
	struct stub_control *control = pqstub_control();
	PGconn *conn = NULL;
	for (int i = 0; i < 3; i++) {
		errno = i + 1;
		PQclear(NULL);
		say("errno %d, then %d", control->errno_seen[STUB_PQclear], errno - STUB_ERRNO - STUB_PQclear);
		PQfreemem(NULL);
		PQfinish(NULL);
		PQfreeCancel(NULL);
		if (conn == NULL)
			conn = PQconnectdb("");
		PQclear(PQexec(conn, "SELECT 1"));
	}
	PQfinish(conn);
	say_counts("libpq", control);
	return 0;
}

static jmp_buf out;

static void jump_out(void *argument, const PGresult *res)
{
	(void)argument, (void)res;
	longjmp(out, 1);
}

/* Leaving libpq sideways, often; afterwards everything is recorded as before. */
static int jump(int argc, char **argv)
{
	(void)argc, (void)argv;
	static int jumps;
	PGconn *conn = PQconnectdb("");
	PQsetNoticeReceiver(conn, jump_out, NULL);
	while (jumps < 100)
		if (setjmp(out) == 0)
			PQclear(PQexec(conn, STUB_QUERY_WITH_NOTICE));
		else
			jumps++;
	say("%d jumps", jumps);
	for (int i = 0; i < 10; i++)
		PQclear(PQexec(conn, "SELECT 1"));
	PQexec(conn, "SELECT 2");
	PQfinish(conn);
	say_counts("libpq", pqstub_control());
	return 0;
}

int main(int argc, char **argv)
{
	return host_main((const struct host_case[]){{"reuse", reuse},
												{"unseen", unseen},
												{"refused", refused},
												{"unwrapped-outer", unwrapped_outer},
												{"callback", callback},
												{"jump", jump},
												{"nothing", nothing},
												{0}},
					 argc, argv);
}
