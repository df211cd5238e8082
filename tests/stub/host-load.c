// SPDX-License-Identifier: PostgreSQL
/* host-load.c - a host without a libpq, that loads plug-ins and libpqs at run time. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "host.h"
#include "libpq-by-name.h"
#include "plugin.h"

/* The host's own: a plug-in that is not opened with RTLD_DEEPBIND calls this one. */
const char *whose(void)
{
	return "the host's";
}

static int mode_of(const char *words)
{
	return (strstr(words, "now") != NULL ? RTLD_NOW : RTLD_LAZY) | (strstr(words, "global") != NULL ? RTLD_GLOBAL : 0) |
		   (strstr(words, "deep") != NULL ? RTLD_DEEPBIND : 0);
}

#define FIND(handle, function) (__extension__(__typeof__(&function)) must_find(handle, #function))

/* plugin PATH MODE: two connections, one of them finished; three results, two cleared, one inside a notice receiver. */
static int plugin(int argc, char **argv)
{
	require(argc > 2, "a path and a mode");
	void *handle = must_open(argv[1], mode_of(argv[2]));
	PGconn *conn = FIND(handle, plugin_open)();
	PGconn *other = FIND(handle, plugin_open)();
	PGresult *kept = FIND(handle, plugin_exec)(conn);
	FIND(handle, plugin_clear)(FIND(handle, plugin_exec)(conn));
	FIND(handle, plugin_notice)(other, kept);
	FIND(handle, plugin_exec)(conn);
	FIND(handle, plugin_finish)(other);
	say("it calls %s", FIND(handle, plugin_whose)());
	say_counts("its libpq", FIND(handle, pqstub_control)());
	return 0;
}

/* jump PATH MODE: fifty longjmps out of libpq, and then as many pairs and a result that stays. */
static int jump(int argc, char **argv)
{
	require(argc > 2, "a path and a mode");
	void *handle = must_open(argv[1], mode_of(argv[2]));
	PGconn *conn = FIND(handle, plugin_open)();
	for (int i = 0; i < 50; i++)
		FIND(handle, plugin_notice)(conn, NULL);
	for (int i = 0; i < 50; i++)
		FIND(handle, plugin_clear)(FIND(handle, plugin_exec)(conn));
	FIND(handle, plugin_exec)(conn);
	FIND(handle, plugin_finish)(conn);
	say_counts("its libpq", FIND(handle, pqstub_control)());
	return 0;
}

/* reload PATH MODE WHERE: again and again at the same address, or with something else in its place each time. */
static int reload(int argc, char **argv)
{
	require(argc > 3, "a path, a mode, and where");
	for (int i = 0; i < 20; i++) {
		void *handle = must_open(argv[1], mode_of(argv[2]));
		PGconn *conn = FIND(handle, plugin_open)();
		for (int r = 0; r < 5; r++)
			FIND(handle, plugin_clear)(FIND(handle, plugin_exec)(conn));
		if (i == 19) /* in the last round: a reloaded stub hands out the same addresses again */
			FIND(handle, plugin_exec)(conn);
		FIND(handle, plugin_keep)(conn); /* finished while it is unloaded */
		say("round %d: %u foreign", i, FIND(handle, pqstub_control)()->foreign);
		dlclose(handle);
		say("it is %s", dlopen(argv[1], RTLD_NOLOAD | RTLD_LAZY) != NULL ? "still loaded" : "gone");
		if (strcmp(argv[3], "elsewhere") == 0)
			mmap(NULL, (size_t)(i + 1) * 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	}
	return 0;
}

static void say_lookup(const char *what, void *found)
{
	const char *error = dlerror();
	say("%s: %s, %s", what, found != NULL ? "found" : "NULL", error != NULL ? error : "no error");
}

/* dlsym PATH: a libpq by name; with what it lacks, and with versions. */
static int by_name(int argc, char **argv)
{
	require(argc > 1, "a path");
	void *handle = must_open(argv[1], RTLD_LAZY);
	struct by_name libpq = by_name_find(handle);
	PGconn *conn = libpq.connectdb("");
	libpq.clear(libpq.exec(conn, "SELECT 1"));
	const char *const values[] = {"a"};
	const int lengths[] = {1}, formats[] = {0};
	const Oid types[] = {25};
	libpq.clear(libpq.exec_params(conn, "SELECT $1", 1, types, values, lengths, formats, 1));
	const uintptr_t wanted[] = {(uintptr_t)conn,    0, 1, (uintptr_t)types, (uintptr_t)values, (uintptr_t)lengths,
								(uintptr_t)formats, 1};
	for (int n = 0; n < STUB_ARGUMENTS; n++)
		if (n != 1 && libpq.control()->arguments[STUB_PQexecParams][n] != wanted[n])
			say("argument %d is another one", n + 1);
	libpq.exec(conn, "SELECT 2");
	libpq.finish(conn);
	say("the same twice: %d", dlsym(handle, "PQexec") == dlsym(handle, "PQexec"));
	say_lookup("PQclosePrepared", dlsym(handle, "PQclosePrepared"));
	say_lookup("PQnoSuchFunction", dlsym(handle, "PQnoSuchFunction"));
	say_lookup("PQexec version NONE", dlvsym(handle, "PQexec", "NONE"));
	say_lookup("PQexec version STUB_1", dlvsym(handle, "PQexec", "STUB_1"));
	say_lookup("PQclosePrepared version STUB_1", dlvsym(handle, "PQclosePrepared", "STUB_1"));
	say_counts("libpq", libpq.control());
	return 0;
}

/* default PATH: the global scope and the program's own handle, without a libpq and with one. */
static int global_scope(int argc, char **argv)
{
	require(argc > 1, "a path");
	void *program = dlopen(NULL, RTLD_LAZY);
	say_lookup("RTLD_DEFAULT", dlsym(RTLD_DEFAULT, "PQconnectdb"));
	say_lookup("RTLD_NEXT", dlsym(RTLD_NEXT, "PQconnectdb"));
	say_lookup("the program", dlsym(program, "PQconnectdb"));
	say_lookup("RTLD_DEFAULT, version", dlvsym(RTLD_DEFAULT, "PQconnectdb", "STUB_1"));
	say_lookup("RTLD_DEFAULT, another", dlsym(RTLD_DEFAULT, "getpid"));
	must_open(argv[1], RTLD_LAZY | RTLD_GLOBAL);
	PGconn *(*connectdb)(const char *) = (__extension__(PGconn * (*)(const char *)) dlsym(RTLD_DEFAULT, "PQconnectdb"));
	say_lookup("RTLD_DEFAULT", (__extension__(void *) connectdb));
	say_lookup("the program", dlsym(program, "PQconnectdb"));
	say_lookup("RTLD_DEFAULT", dlsym(RTLD_DEFAULT, "PQnoSuchFunction"));
	if (connectdb != NULL)
		connectdb("");
	say_counts("libpq", (__extension__(struct stub_control * (*)(void)) must_find(RTLD_DEFAULT, "pqstub_control"))());
	return 0;
}

/* inside PATH MODE: a plug-in looks for libpq itself; its scope holds one, the global one does not. */
static int inside(int argc, char **argv)
{
	require(argc > 2, "a path and a mode");
	void *handle = must_open(argv[1], mode_of(argv[2]));
	__typeof__(&plugin_dlsym) look = FIND(handle, plugin_dlsym);
	PGconn *(*connectdb)(const char *) = (__extension__(PGconn * (*)(const char *)) look(RTLD_DEFAULT, "PQconnectdb"));
	say_lookup("RTLD_DEFAULT", (__extension__(void *) connectdb));
	if (connectdb != NULL)
		connectdb("");
	say_lookup("RTLD_NEXT", look(RTLD_NEXT, "PQconnectdb"));
	connectdb = (__extension__(PGconn * (*)(const char *)) look(handle, "PQconnectdb"));
	say_lookup("its handle", (__extension__(void *) connectdb));
	connectdb("");
	say_lookup("RTLD_DEFAULT", look(RTLD_DEFAULT, "PQnoSuchFunction"));
	say_counts("its libpq", FIND(handle, pqstub_control)());
	return 0;
}

/* runpath PATH NAME: NAME is found by the plug-in's RUNPATH, and by nobody else's. */
static int runpath(int argc, char **argv)
{
	require(argc > 2, "a path and a name");
	void *handle = must_open(argv[1], RTLD_LAZY);
	say_lookup("the host", dlopen(argv[2], RTLD_LAZY));
	say_lookup("the plug-in", FIND(handle, plugin_dlopen)(argv[2], RTLD_LAZY));
	say_lookup("the plug-in, deep", FIND(handle, plugin_dlopen)(argv[2], RTLD_LAZY | RTLD_DEEPBIND));
	return 0;
}

/* orphan PATH: a plug-in whose libpq is not there. */
static int orphan(int argc, char **argv)
{
	require(argc > 1, "a path");
	void *handle = must_open(argv[1], RTLD_LAZY);
	say("open: %s", FIND(handle, plugin_open)() != NULL ? "a connection" : "NULL");
	say("exec: %s", FIND(handle, plugin_exec)(NULL) != NULL ? "a result" : "NULL");
	FIND(handle, plugin_clear)(NULL);
	FIND(handle, plugin_finish)(NULL);
	return 0;
}

/* lacking PATH PATH: a plug-in calls a function that its libpq lacks, and another libpq in the process has. */
static int lacking(int argc, char **argv)
{
	require(argc > 2, "two paths");
	void *handle = must_open(argv[1], RTLD_LAZY), *other = must_open(argv[2], RTLD_LAZY);
	PGconn *conn = FIND(handle, plugin_open)();
	say("newer: %s", FIND(handle, plugin_ask_newer)(conn) != NULL ? "a result" : "NULL");
	FIND(handle, plugin_clear)(FIND(handle, plugin_exec)(conn));
	FIND(handle, plugin_finish)(conn);
	say_counts("its libpq", FIND(handle, pqstub_control)());
	say_counts("the other", FIND(other, pqstub_control)());
	return 0;
}

int main(int argc, char **argv)
{
	return host_main((const struct host_case[]){{"plugin", plugin},
												{"jump", jump},
												{"reload", reload},
												{"dlsym", by_name},
												{"default", global_scope},
												{"inside", inside},
												{"runpath", runpath},
												{"orphan", orphan},
												{"lacking", lacking},
												{0}},
					 argc, argv);
}
