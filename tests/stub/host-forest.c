// SPDX-License-Identifier: PostgreSQL
/*
 * host-forest.c - calls libpq from many stacks that look alike.
 *
 * Walks random paths through four functions, with stack frames of varying
 * size, realigned ones among them, so that the same stack addresses carry now
 * one path and now another.  Prints how often each path ended in a call of
 * libpq: the trace must hold exactly these stacks, each as often.
 */
#include <alloca.h>
#include <libpq-fe.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 5
#define PATHS 4096 /* 4^5 and all shorter ones */

static uint64_t state = 88172645463325252u;
static unsigned long counts[PATHS];

static unsigned pick(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % below;
}

/* A path is its functions' numbers, two bits each, under a leading one. */
static void walk(unsigned path, int depth);

static void end_here(unsigned path)
{
	counts[path]++;
	PQclear(PQmakeEmptyPGresult(NULL, PGRES_COMMAND_OK));
}

#define FOREST(letter, number, prelude)                                                                                \
	__attribute__((noinline)) static void forest_##letter(unsigned path, int depth)                                    \
	{                                                                                                                  \
		prelude;                                                                                                       \
		path = path << 2 | (number);                                                                                   \
		if (depth == 0)                                                                                                \
			end_here(path);                                                                                            \
		else                                                                                                           \
			walk(path, depth - 1);                                                                                     \
		__asm__ volatile("" ::: "memory"); /* no tail call */                                                          \
	}

/* Plain; with room of changing size; with a realigned frame; with both. */
FOREST(a, 0u, (void)0)
FOREST(b, 1u, memset(alloca(16 * (1 + pick(4))), 0, 16))
FOREST(c, 2u, alignas(64) char room[64]; memset(room, (int)path, sizeof room); __asm__ volatile("" ::"r"(room)
																								: "memory"))
FOREST(d, 3u, alignas(128) char room[128]; char *more = alloca(16 * (1 + pick(8)));
	   memset(room, (int)path, sizeof room); __asm__ volatile("" ::"r"(room), "r"(more)
															  : "memory"))

__attribute__((noinline)) static void walk(unsigned path, int depth)
{
	switch (pick(4)) {
	case 0:
		forest_a(path, depth);
		break;
	case 1:
		forest_b(path, depth);
		break;
	case 2:
		forest_c(path, depth);
		break;
	default:
		forest_d(path, depth);
		break;
	}
	__asm__ volatile("" ::: "memory");
}

static void print_path(unsigned path)
{
	char letters[DEPTH + 1];
	int length = 0;
	for (; path > 1; path >>= 2)
		letters[length++] = "abcd"[path & 3];
	letters[length] = '\0';
	printf("%s ", letters);
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : 1000;
	for (long i = 0; i < rounds; i++)
		walk(1, (int)pick(DEPTH));
	for (unsigned path = 0; path < PATHS; path++)
		if (counts[path] > 0) {
			print_path(path);
			printf("%lu\n", counts[path]);
		}
	return 0;
}
