// SPDX-License-Identifier: PostgreSQL
/*
 * sites.c - a host that makes PAIRS exec+clear pairs, in turn at each of SITES places in its code, and says what one
 * costs.
 *
 * sites PAIRS SITES [DEPTHS]: every place is reached by as many frames, or with DEPTHS by one to so many.  Prints the
 * ns of a pair.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static PGconn *conn;

#define SITE(name)                                                                                                     \
	__attribute__((noinline)) static void name(void)                                                                   \
	{                                                                                                                  \
		PQclear(PQexec(conn, "SELECT 1"));                                                                             \
	}
#define ADDRESS(name) name,
#define TEN(of, name)                                                                                                  \
	of(name##0) of(name##1) of(name##2) of(name##3) of(name##4) of(name##5) of(name##6) of(name##7) of(name##8)        \
		of(name##9)
#define HUNDRED(of, name)                                                                                              \
	TEN(of, name##0)                                                                                                   \
	TEN(of, name##1) TEN(of, name##2) TEN(of, name##3) TEN(of, name##4) TEN(of, name##5) TEN(of, name##6)              \
		TEN(of, name##7) TEN(of, name##8) TEN(of, name##9)
#define THOUSAND(of, name)                                                                                             \
	HUNDRED(of, name##0)                                                                                               \
	HUNDRED(of, name##1) HUNDRED(of, name##2) HUNDRED(of, name##3) HUNDRED(of, name##4) HUNDRED(of, name##5)           \
		HUNDRED(of, name##6) HUNDRED(of, name##7) HUNDRED(of, name##8) HUNDRED(of, name##9)
#define ALL(of) THOUSAND(of, site_1) THOUSAND(of, site_2)

ALL(SITE)
static void (*const site[])(void) = {ALL(ADDRESS)};

__attribute__((noinline)) static int descend(long depth, void (*to)(void))
{
	if (depth > 1)
		return descend(depth - 1, to) + 1;
	to();
	return 0;
}

static double now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
	long pairs = argc > 1 ? atol(argv[1]) : 1000000, sites = argc > 2 ? atol(argv[2]) : 1;
	long depths = argc > 3 ? atol(argv[3]) : 0;
	if (sites < 1 || sites > (long)(sizeof site / sizeof site[0]))
		return 2;
	conn = PQconnectdb("");
	double began = now_ns();
	long frames = 0;
	for (long i = 0; i < pairs; i++)
		frames += descend(depths > 0 ? 1 + i % sites % depths : 6, site[i % sites]);
	printf("%.1f\n", (now_ns() - began) / (double)pairs);
	PQfinish(conn);
	return frames >= 0 ? 0 : 1;
}
