// SPDX-License-Identifier: PostgreSQL
/*
 * app.c - a program that leaks a connection from each of its ways, built when test_runs.py runs: alone, with plug-ins
 * that lie at one address in turn, and through code that it makes itself.
 */
#include <dlfcn.h>
#include <libpq-fe.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef PLUGIN
PGconn *use(void);

/* The same bytes in each plug-in, under another name. */
__attribute__((noinline)) static PGconn *PLUGIN(void)
{
	PGconn *conn = PQconnectdb("");
	__asm__ volatile("" : "+r"(conn));
	return conn;
}

PGconn *use(void)
{
	PGconn *conn = PLUGIN();
	__asm__ volatile("" : "+r"(conn));
	return conn;
}
#else
__attribute__((noinline)) static PGconn *leak(void)
{
	PGconn *conn = PQconnectdb(""); /* line: leak */
	__asm__ volatile("" : "+r"(conn));
	return conn;
}

__attribute__((noinline)) static void release(void)
{
	PGconn *conn = PQconnectdb("");
	PGresult *result = PQmakeEmptyPGresult(conn, PGRES_COMMAND_OK); /* line: result */
	PQclear(result);
	PQfinish(conn);
	__asm__ volatile("");
}

static int run_plugin(const char *path)
{
	struct link_map *map = NULL;
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (plugin == NULL || dlinfo(plugin, RTLD_DI_LINKMAP, &map) != 0) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	printf("%lx\n", (unsigned long)map->l_addr);
	PGconn *(*use)(void) = __extension__(PGconn * (*)(void)) dlsym(plugin, "use");
	int failed = use() == NULL;
	return dlclose(plugin) != 0 || failed;
}

#ifdef __x86_64__
/* push %rbp; mov %rsp,%rbp; movabs $leak,%rax; call *%rax; pop %rbp; ret */
static int run_made(void)
{
	unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xd0, 0x5d, 0xc3};
	PGconn *(*target)(void) = leak;
	char path[64];

	memcpy(code + 6, &target, sizeof target);
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return 1;
	memcpy(page, code, sizeof code);
	snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
	FILE *map = fopen(path, "w"); /* before the first call of libpq, as a compiler may */
	if (map == NULL)
		return 1;
	fprintf(map, "%lx %lx made::by_hand\n", (unsigned long)page, (unsigned long)sizeof code);
	fclose(map);
	usleep(100000); /* much later than that file's time */
	puts(path);
	PGconn *(*call)(void) = __extension__(PGconn * (*)(void)) page;
	return call() == NULL;
}
#else
static int run_made(void)
{
	return 77;
}
#endif

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "made") == 0)
		return run_made();
	for (int i = 1; i < argc; i++)
		if (run_plugin(argv[i]) != 0)
			return 1;
	if (argc == 1)
		release();
	return argc == 1 && leak() == NULL;
}
#endif
