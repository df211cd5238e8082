// SPDX-License-Identifier: PostgreSQL
/*
 * host-recall.c - calls libpq from stacks that are easily taken for others where stacks are recognised.
 *
 * Compiled without frame pointers, unlike host-forest.  Prints how often each path of functions path_X called libpq,
 * as their letters, innermost first: the trace must hold exactly these stacks, each as often.
 */
#include <alloca.h>
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "plugin.h"

/* Neither inlined nor made two of. */
#ifdef __clang__
#define KEPT __attribute__((noinline))
#else
#define KEPT __attribute__((noinline, noclone))
#endif

#define NOT_TAIL __asm__ volatile("" ::: "memory")
#define PATH(letter) KEPT static void path_##letter

static struct {
	char letters[128];
	long count;
} paths[512];

static void count(const char *letters)
{
	size_t i = 0;
	while (paths[i].count > 0 && strcmp(paths[i].letters, letters) != 0)
		i++;
	strcpy(paths[i].letters, letters);
	paths[i].count++;
}

static void print(void)
{
	for (size_t i = 0; i < sizeof paths / sizeof paths[0] && paths[i].count > 0; i++)
		say("%s %ld", paths[i].letters, paths[i].count);
}

KEPT static void pair(const char *letters)
{
	count(letters);
	PQclear(PQmakeEmptyPGresult(NULL, PGRES_COMMAND_OK));
	NOT_TAIL;
}

/* --- helper: everybody calls libpq through one function --- */

/* Keeps things in its registers, as code without frame pointers does, the frame pointer among them. */
PATH(z)(const char *letters, long a, long b, long c)
{
	char room[64];
	volatile long sum = a + b + c;
	for (long i = a; i <= a + (b & 1); i++) {
		if (i == a)
			pair(letters);
		sum += i * b + c;
	}
	memset(room, (int)sum, sizeof room);
	__asm__ volatile("" ::"r"(room) : "memory");
}

#define INNER(letter)                                                                                                  \
	PATH(letter)(long outer, long turn)                                                                                \
	{                                                                                                                  \
		char letters[] = {'z', #letter[0], (char)outer, '\0'};                                                         \
		path_z(letters, turn, turn * 3, turn * 5);                                                                     \
		NOT_TAIL;                                                                                                      \
	}
INNER(a)
INNER(b)
INNER(c)
INNER(d)
INNER(e)
INNER(f)
static void (*const inner[])(long, long) = {path_a, path_b, path_c, path_d, path_e, path_f};
enum { INNERS = sizeof inner / sizeof inner[0] };

#define OUTER(letter)                                                                                                  \
	PATH(letter)(long turn)                                                                                            \
	{                                                                                                                  \
		inner[turn % INNERS](#letter[0], turn);                                                                        \
		NOT_TAIL;                                                                                                      \
	}
OUTER(k)
OUTER(l)
OUTER(m)
OUTER(n)
OUTER(o)
static void (*const outer[])(long) = {path_k, path_l, path_m, path_n, path_o};
enum { OUTERS = sizeof outer / sizeof outer[0] };

static void helper(long rounds)
{
	for (long i = 0; i < rounds; i++)
		outer[i / INNERS % OUTERS](i);
}

/* --- stale: of a frame that is elsewhere now, the old words still lie where they lay --- */

/* As large, together, as its caller's: what lies further in is at one place, and this frame's end at two. */
KEPT static void path_q(size_t room, char caller)
{
	char *unused = alloca(room), letters[] = {'q', caller, '\0'};
	__asm__ volatile("" ::"r"(unused) : "memory");
	pair(letters);
}

#define CALLER(letter)                                                                                                 \
	KEPT static void path_##letter(size_t room)                                                                        \
	{                                                                                                                  \
		char *unused = alloca(512 - room);                                                                             \
		__asm__ volatile("" ::"r"(unused) : "memory");                                                                 \
		path_q(room, #letter[0]);                                                                                      \
		NOT_TAIL;                                                                                                      \
	}
CALLER(r)
CALLER(s)

static void stale(long rounds)
{
	for (long i = 0; i < rounds; i++)
		(i % 8 < 6 ? path_r : path_s)(i % 8 < 6 ? 496 : 16);
}

/* --- deep: the same function, more or fewer times --- */

PATH(x)(long depth, const char *letters)
{
	if (depth > 1)
		path_x(depth - 1, letters);
	else
		pair(letters);
	NOT_TAIL;
}

static void deep(long rounds)
{
	for (long i = 0; i < rounds; i++) {
		char letters[128] = "";
		long depth = 1 + i * 7 % 50;
		memset(letters, 'x', (size_t)depth);
		path_x(depth, letters);
	}
}

/* --- forked: what a parent has learned says nothing in its child, whose stacks have other numbers --- */

static void forked(long rounds)
{
	pid_t child = -1;
	for (long i = 0; i < 2 * rounds && child <= 0; i++) {
		long depth = child == 0 ? 3 : 1 + i % 3;
		path_x(depth, &"xxx"[3 - depth]); /* one place for both */
		if (i + 1 == rounds)
			child = fork();
	}
	if (child == 0)
		exit(0);
	waitpid(child, NULL, 0);
	for (long i = 0; i < rounds; i++)
		count("xxx"); /* the child's */
}

/* --- swap: two modules of the same code at the same addresses --- */

KEPT static void use(const char *file, uintptr_t *ret_place)
{
	void *handle = must_open(file, RTLD_NOW);
	PGconn *conn = (__extension__(__typeof__(&plugin_open)) must_find(handle, "plugin_open"))();
	*ret_place = (uintptr_t)must_find(handle, "plugin_exec");
	for (int i = 0; i < 4; i++)
		(__extension__(__typeof__(&plugin_clear)) must_find(handle, "plugin_clear"))(
			(__extension__(__typeof__(&plugin_exec)) must_find(handle, "plugin_exec"))(conn));
	(__extension__(__typeof__(&plugin_finish)) must_find(handle, "plugin_finish"))(conn);
	dlclose(handle);
}

static void swap(char *const *files, long rounds)
{
	long same = 0;
	uintptr_t place[2] = {0, 0};
	for (long i = 0; i < 2 * rounds; i++) {
		use(files[i % 2], &place[i % 2]);
		same += place[0] == place[1];
	}
	say("%s", same > 0 ? "they lay at the same place" : "BROKEN: they lay at different places");
}

int main(int argc, char **argv)
{
	require(argc > 2, "a mode and rounds");
	long rounds = atol(argv[2]);
	if (strcmp(argv[1], "helper") == 0)
		helper(rounds);
	else if (strcmp(argv[1], "stale") == 0)
		stale(rounds);
	else if (strcmp(argv[1], "deep") == 0)
		deep(rounds);
	else if (strcmp(argv[1], "forked") == 0)
		forked(rounds);
	else
		swap(argv + 3, rounds);
	print();
	return 0;
}
