// SPDX-License-Identifier: PostgreSQL
/* wrapper.c - fifty callers of the same wrappers, some of which forget; and a line that always does. */
#include <stdbool.h>
#include <string.h>

#include "client.h"

#define JOBS 50
#define APART __attribute__((noinline)) /* a frame of its own */

static PGconn *conn;

/* What a job does: takes something `times` times, and does not give back the first `keep`. */
struct work {
	void *(*take)(void);
	void (*give)(void *);
	int times, keep;
};

APART static void *execute_or_die(void)
{
	PGresult *result = PQexec(conn, "SELECT 1");
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		client_fail(conn, "SELECT 1");
	return result;
}

APART static void *load_row(void)
{
	void *row = execute_or_die();
	return PQntuples(row) == 1 ? row : NULL;
}

APART static void clear_row(void *row)
{
	PQclear(row);
}

APART static void *db_open(void)
{
	PGconn *other = PQconnectdb("");
	if (PQstatus(other) != CONNECTION_OK)
		client_fail(other, "connect");
	return other;
}

APART static void db_close(void *other)
{
	PQfinish(other);
}

/* clang-format off: each stands on a line of its own, because a line is what a report names */
#define JOB(n) APART static void job_##n(struct work work) { for (int i = 0; i < work.times; i++) { void *it = work.take(); if (i >= work.keep) work.give(it); } }
JOB(0)
JOB(1)
JOB(2)
JOB(3)
JOB(4)
JOB(5)
JOB(6)
JOB(7)
JOB(8)
JOB(9)
JOB(10)
JOB(11)
JOB(12)
JOB(13)
JOB(14)
JOB(15)
JOB(16)
JOB(17)
JOB(18)
JOB(19)
JOB(20)
JOB(21)
JOB(22)
JOB(23)
JOB(24)
JOB(25)
JOB(26)
JOB(27)
JOB(28)
JOB(29)
JOB(30)
JOB(31)
JOB(32)
JOB(33)
JOB(34)
JOB(35)
JOB(36)
JOB(37)
JOB(38)
JOB(39)
JOB(40)
JOB(41)
JOB(42)
JOB(43)
JOB(44)
JOB(45)
JOB(46)
JOB(47)
JOB(48)
JOB(49)

static void (*const jobs[JOBS])(struct work) = {
	job_0, job_1, job_2, job_3, job_4, job_5, job_6, job_7, job_8, job_9,
	job_10, job_11, job_12, job_13, job_14, job_15, job_16, job_17, job_18, job_19,
	job_20, job_21, job_22, job_23, job_24, job_25, job_26, job_27, job_28, job_29,
	job_30, job_31, job_32, job_33, job_34, job_35, job_36, job_37, job_38, job_39,
	job_40, job_41, job_42, job_43, job_44, job_45, job_46, job_47, job_48, job_49,
};
/* clang-format on */

/* Some jobs, those in `bad`, forget `keep` of `bad_times`; the others take `times` and give back all. */
static void run_jobs(struct work work, const int *bad, int bad_times)
{
	for (int n = 0; n < JOBS; n++) {
		bool is_bad = *bad == n;
		struct work own = work;
		own.times = is_bad ? bad_times : work.times;
		own.keep = is_bad ? work.keep : 0;
		jobs[n](own);
		bad += is_bad;
	}
}

static const struct work rows = {execute_or_die, clear_row, 20, 5};
static const struct work far_rows = {load_row, clear_row, 20, 5};

static int one(int argc, char **argv)
{
	(void)argc, (void)argv;
	run_jobs(rows, (const int[]){17, -1}, 5);
	return 0;
}

static int two_levels(int argc, char **argv)
{
	(void)argc, (void)argv;
	run_jobs(far_rows, (const int[]){31, -1}, 5);
	return 0;
}

static int some(int argc, char **argv)
{
	(void)argc, (void)argv;
	run_jobs(rows, (const int[]){42, -1}, 7);
	return 0;
}

static int several(int argc, char **argv)
{
	(void)argc, (void)argv;
	run_jobs(rows, (const int[]){3, 11, 49, -1}, 5);
	return 0;
}

static int connections(int argc, char **argv)
{
	(void)argc, (void)argv;
	run_jobs((struct work){db_open, db_close, 1, 2}, (const int[]){8, -1}, 2);
	return 0;
}

/* Every job forgets: the wrapper's own line is the one to look at. */
static int all(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (int n = 0; n < JOBS; n++)
		jobs[n]((struct work){execute_or_die, clear_row, 1, 1});
	return 0;
}

APART static int walk(int depth)
{
	if (depth > 0)
		return walk(depth - 1) + 1;
	return PQntuples(PQexec(conn, "SELECT 2")); /* line: always */
}

/* A line that always leaks, reached by recursions of many depths. */
static int recursion(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (int depth = 0; depth < 12; depth++)
		if (walk(depth) != depth + 1)
			return 1;
	return 0;
}

static const struct client_case cases[] = {
	{"one", "one caller of fifty never clears", one},
	{"two-levels", "the same, two levels outside the wrapper", two_levels},
	{"some", "one caller of fifty clears two of seven", some},
	{"several", "three callers of fifty never clear", several},
	{"connections", "one caller of fifty never finishes", connections},
	{"all", "no caller clears", all},
	{"recursion", "a line never clears, however it is reached", recursion},
	{NULL, NULL, NULL},
};

int main(int argc, char **argv)
{
	conn = client_open();
	int status = client_main(argc, argv, cases);
	PQfinish(conn);
	return status;
}
