// SPDX-License-Identifier: PostgreSQL
/*
 * pairs.c - a host that makes N exec+clear pairs ten frames deep, and says what they cost it.
 *
 * Prints "NS_PER_PAIR PRIVATE_KB" where the second is its own private memory
 * (anonymous, and the spool it has mapped) at the end.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static PGconn *conn;
static long pairs;

static double now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Seven of these, main, and the two frames of the C library make ten. */
__attribute__((noinline)) static int work(int depth)
{
	if (depth > 1)
		return work(depth - 1) + 1;
	for (long i = 0; i < pairs; i++)
		PQclear(PQexec(conn, "SELECT 1"));
	return 0;
}

/* All private pages: what this process alone keeps in memory. Read-only pages of libraries are shared with others. */
static long private_kb(void)
{
	char line[256];
	long sum = 0, kb;
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "Private_Dirty: %ld", &kb) == 1)
			sum += kb;
	if (file != NULL)
		fclose(file);
	return sum;
}

int main(int argc, char **argv)
{
	pairs = argc > 1 ? atol(argv[1]) : 1000000;
	conn = PQconnectdb("");
	double began = now_ns();
	int frames = work(7);
	double ns = (now_ns() - began) / (double)pairs;
	printf("%.1f %ld\n", ns, private_kb());
	PQfinish(conn);
	return frames == 6 ? 0 : 1;
}
