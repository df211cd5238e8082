// SPDX-License-Identifier: PostgreSQL
/*
 * spawn.c - what the shim adds to a short program: starts it N times with and without, in turn.
 *
 * spawn N PRELOAD PROGRAM [ARG...]; prints the medians "PLAIN_US TRACED_US DIFFERENCE_US" where the difference is the
 * median of the pairs' differences.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double run_us(char **argv)
{
	struct timespec from, to;
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0 || waitpid(pid, &status, 0) != pid ||
		status != 0) {
		fprintf(stderr, "spawn: %s failed\n", argv[0]);
		exit(1);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	posix_spawn_file_actions_destroy(&actions);
	return (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare);
	return values[count / 2];
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	size_t count = (size_t)atol(argv[1]);
	double *plain = calloc(count, sizeof *plain), *traced = calloc(count, sizeof *traced);
	double *difference = calloc(count, sizeof *difference);
	if (count == 0 || plain == NULL || traced == NULL || difference == NULL)
		return 2;
	for (size_t i = 0; i < count; i++) {
		unsetenv("LD_PRELOAD");
		plain[i] = run_us(argv + 3);
		setenv("LD_PRELOAD", argv[2], 1);
		traced[i] = run_us(argv + 3);
		difference[i] = traced[i] - plain[i];
	}
	printf("%.0f %.0f %.0f\n", median(plain, count), median(traced, count), median(difference, count));
	free(plain);
	free(traced);
	free(difference);
	return 0;
}
