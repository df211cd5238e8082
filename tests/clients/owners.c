// SPDX-License-Identifier: PostgreSQL
/* owners.c - wrappers and their callers: who should have given back what is lost, and the same done right. */
#include <stdbool.h>
#include <stddef.h>

#include "client.h"

#define APART __attribute__((noinline)) /* a frame of its own */
#define REFUSED "host=127.0.0.1 port=1"
#define WRONG_SQL "SELECT * FROM gone"

static PGconn *conn;
static bool is_right;

/* --- the wrapper loses what failed, whoever calls it --- */

APART static PGconn *open_or_null(const char *target)
{
	PGconn *opened = PQconnectdb(target); /* line: open_or_null */
	if (PQstatus(opened) == CONNECTION_OK)
		return opened;
	if (is_right)
		PQfinish(opened);
	return NULL;
}

APART static void read_from(const char *target)
{
	PGconn *reader = open_or_null(target);
	PQfinish(reader);
}

APART static void write_to(const char *target)
{
	PGconn *writer = open_or_null(target);
	if (PQstatus(writer) == CONNECTION_OK) /* unlike read_from, or the two are one function */
		PQfinish(writer);
}

static void failed_connects(void)
{
	for (int i = 0; i < 3; i++)
		read_from(REFUSED);
	for (int i = 0; i < 2; i++) {
		write_to(REFUSED);
		write_to("");
	}
	read_from("");
}

APART static PGresult *ask_or_null(const char *sql)
{
	PGresult *result = PQexec(conn, sql); /* line: ask_or_null */
	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		return result;
	if (is_right)
		PQclear(result);
	return NULL;
}

APART static void load(const char *sql)
{
	PGresult *rows = ask_or_null(sql);
	PQclear(rows);
}

APART static void tidy(const char *sql)
{
	PGresult *rows = ask_or_null(sql);
	PQclear(rows);
}

static void failed_results(void)
{
	for (int i = 0; i < 8; i++) {
		load("SELECT 1");
		tidy(WRONG_SQL);
	}
}

/* --- the wrapper clears what it gets, but not when there are no rows: which is when one caller calls --- */

APART static bool has_rows(const char *sql)
{
	PGresult *result = PQexec(conn, sql); /* line: has_rows */
	bool has = PQntuples(result) > 0;
	if (has || is_right)
		PQclear(result);
	return has;
}

APART static bool look_for_new(void)
{
	return has_rows("SELECT 1") || is_right;
}

APART static bool look_for_old(void)
{
	return has_rows("SELECT 1 WHERE false") || is_right;
}

static void kept(void)
{
	for (int i = 0; i < 20; i++)
		look_for_new();
	for (int i = 0; i < 5; i++)
		look_for_old();
}

/* --- the wrapper hands everything on --- */

APART static PGresult *ask(void)
{
	PGresult *result = PQexec(conn, "SELECT 1"); /* line: ask */
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		client_fail(conn, "SELECT 1");
	return result;
}

APART static void sum_up(int number)
{
	PGresult *result = ask(); /* line: sum_up */
	if (number % 4 == 0 && !is_right)
		return;
	PQclear(result);
}

static void only_caller(void)
{
	for (int i = 0; i < 8; i++)
		sum_up(i);
}

APART static void count_once(void)
{
	PGresult *result = ask(); /* line: count_once */
	if (is_right)
		PQclear(result);
}

APART static void list(void)
{
	PGresult *result = ask();
	PQclear(result);
}

/* One case against a handful; but it is the others that clear, and not the wrapper. */
static void one_off(void)
{
	for (int i = 0; i < 5; i++)
		list();
	count_once();
}

/* --- what is held until the end --- */

APART static PGconn *establish(void)
{
	PGconn *opened = PQconnectdb(""); /* line: establish */
	if (PQstatus(opened) != CONNECTION_OK)
		client_fail(opened, "connect");
	return opened;
}

static PGconn *current, *reader, *writer;

APART static void forget(void)
{
	PGconn *opened = establish(); /* line: forget */
	if (is_right)
		PQfinish(opened);
}

APART static void renew(void)
{
	PQfinish(current);
	current = establish(); /* line: renew */
}

static void one_forgets(void)
{
	for (int i = 0; i < 5; i++) {
		forget();
		renew();
	}
	if (is_right)
		PQfinish(current);
}

APART static void open_reader(void)
{
	reader = establish();
}

APART static void open_writer(void)
{
	writer = establish();
}

static void two_held(void)
{
	open_reader();
	open_writer();
	if (is_right) {
		PQfinish(reader);
		PQfinish(writer);
	}
}

/* --- a connection for a query, again and again --- */

APART static void ask_once(void)
{
	PGconn *opened = PQconnectdb(""); /* line: ask_once */
	client_do(opened, "SELECT 1");
	PQfinish(opened);
}

APART static void poll_orders(void)
{
	ask_once();
}

APART static void poll_stock(void)
{
	ask_once();
	PQstatus(conn); /* or it is the same function as poll_orders */
}

static void often(void)
{
	for (int i = 0; i < 10; i++) {
		if (is_right) {
			client_do(conn, "SELECT 1");
			continue;
		}
		poll_orders();
		poll_stock();
	}
}

/* --- */

#define TWINS(name)                                                                                                    \
	static void name##_wrong(void)                                                                                     \
	{                                                                                                                  \
		name();                                                                                                        \
	}                                                                                                                  \
	static void name##_right(void)                                                                                     \
	{                                                                                                                  \
		is_right = true;                                                                                               \
		name();                                                                                                        \
	}
TWINS(failed_connects)
TWINS(failed_results)
TWINS(kept)
TWINS(only_caller)
TWINS(one_off)
TWINS(one_forgets)
TWINS(two_held)
TWINS(often)

static const struct client_twins twins[] = {
	{"failed-connects", "a wrapper forgets what did not connect", failed_connects_wrong, failed_connects_right},
	{"failed-results", "a wrapper forgets the results of errors", failed_results_wrong, failed_results_right},
	{"kept", "a wrapper that clears forgets empty results", kept_wrong, kept_right},
	{"only-caller", "the only caller forgets a few", only_caller_wrong, only_caller_right},
	{"one-off", "a caller forgets the only one it gets", one_off_wrong, one_off_right},
	{"one-forgets", "one caller forgets, another holds its latest", one_forgets_wrong, one_forgets_right},
	{"often", "two callers connect for a query, by one wrapper", often_wrong, often_right},
	{"two-held", "two callers hold one each", two_held_wrong, two_held_right},
	{NULL, NULL, NULL, NULL},
};

int main(int argc, char **argv)
{
	conn = client_open();
	int status = client_twins_main(argc, argv, twins);
	PQfinish(conn);
	return status;
}
