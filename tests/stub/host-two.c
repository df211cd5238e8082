// SPDX-License-Identifier: PostgreSQL
/* host-two.c - several libpqs in one process: every call must reach the one that made the object. */
#include <dlfcn.h>
#include <stddef.h>

#include "host.h"
#include "libpq-by-name.h"
#include "plugin.h"
#include "tail.h"

#define FIND(handle, function) (__extension__(__typeof__(&function)) must_find(handle, #function))

/* The global scope's `whose`; without it a plug-in would do as well. */
const char *whose(void)
{
	return "the host's";
}

#ifdef HOST_NEEDS_LIBPQ
/* two PATH: the linked one and another by name, in turns. */
static int two(int argc, char **argv)
{
	require(argc > 1, "a path");
	struct by_name second = by_name_find(must_open(argv[1], RTLD_LAZY));
	for (int i = 0; i < 10; i++) {
		PGconn *a = PQconnectdb(""), *b = second.connectdb("");
		PGresult *a1 = PQexec(a, "SELECT 1"), *b1 = second.exec(b, "SELECT 1");
		second.clear(b1);
		second.clear(NULL);
		PQclear(a1);
		second.exec(b, "SELECT 2");
		PQfinish(a);
		second.finish(b);
	}
	say_counts("linked", pqstub_control());
	say_counts("by name", second.control());
	return 0;
}

/* plugins PATH PATH [deep]: the linked one, and two plug-ins that each have their own; with RTLD_DEEPBIND they use it.
 */
static int plugins(int argc, char **argv)
{
	require(argc > 2, "two paths");
	int deep = argc > 3 ? RTLD_DEEPBIND : 0;
	void *handles[] = {must_open(argv[1], RTLD_LAZY | deep), must_open(argv[2], RTLD_NOW | deep)};
	for (int i = 0; i < 10; i++) {
		PGconn *own = PQconnectdb("");
		for (int p = 0; p < 2; p++) {
			PGconn *conn = FIND(handles[p], plugin_open)();
			FIND(handles[p], plugin_notice)(conn, FIND(handles[p], plugin_exec)(conn));
			PQclear(PQexec(own, "SELECT 1"));
			FIND(handles[p], plugin_finish)(conn);
		}
		PQfinish(own);
	}
	say_counts("linked", pqstub_control());
	say_counts("first", FIND(handles[0], pqstub_control)());
	say_counts("second", FIND(handles[1], pqstub_control)());
	return 0;
}
#else

/* trampolines PATH PATH: two libpqs by name, called through a library that has none. */
static int trampolines(int argc, char **argv)
{
	require(argc > 2, "two paths");
	struct by_name libpqs[] = {by_name_find(must_open(argv[1], RTLD_LAZY)),
							   by_name_find(must_open(argv[2], RTLD_LAZY))};
	PGconn *conns[] = {libpqs[0].connectdb(""), libpqs[1].connectdb("")};
	for (int i = 0; i < 20; i++) {
		struct by_name *libpq = &libpqs[i % 2];
		PGresult *jumped = tail_exec(libpq->exec, conns[i % 2]);
		PGresult *called = held_exec(libpq->exec, conns[i % 2]);
		held_clear(libpq->clear, jumped);
		tail_clear(libpq->clear, called);
	}
	for (int i = 0; i < 2; i++) {
		libpqs[i].finish(conns[i]);
		say_counts(i == 0 ? "first" : "second", libpqs[i].control());
	}
	return 0;
}

/* pointers PATH PATH: two plug-ins with a libpq each hand out the address of their PQclear; others call it. */
static int pointers(int argc, char **argv)
{
	require(argc > 2, "two paths");
	void *handles[] = {must_open(argv[1], RTLD_LAZY), must_open(argv[2], RTLD_LAZY)};
	for (int i = 0; i < 20; i++) {
		void *handle = handles[i % 2];
		PGconn *conn = FIND(handle, plugin_open)();
		void (*clear)(PGresult *) = FIND(handle, plugin_clear_address)();
		clear(FIND(handle, plugin_exec)(conn));
		tail_clear(clear, FIND(handle, plugin_exec)(conn));
		held_clear(clear, FIND(handle, plugin_exec)(conn));
		FIND(handle, plugin_finish)(conn);
	}
	say_counts("first", FIND(handles[0], pqstub_control)());
	say_counts("second", FIND(handles[1], pqstub_control)());
	return 0;
}

/* handed PATH PATH [keep]: the same, but the second comes when the first has been used; keep: and leaves a result. */
static int handed(int argc, char **argv)
{
	require(argc > 2, "two paths");
	for (int p = 1; p <= 2; p++) {
		void *handle = must_open(argv[p], RTLD_LAZY);
		PGconn *conn = FIND(handle, plugin_open)();
		void (*clear)(PGresult *) = FIND(handle, plugin_clear_address)();
		for (int i = 0; i < 10; i++) {
			clear(FIND(handle, plugin_exec)(conn));
			tail_clear(clear, FIND(handle, plugin_exec)(conn));
			held_clear(clear, FIND(handle, plugin_exec)(conn));
		}
		if (argc > 3)
			FIND(handle, plugin_exec)(conn);
		FIND(handle, plugin_finish)(conn);
		say_counts(p == 1 ? "first" : "second", FIND(handle, pqstub_control)());
	}
	return 0;
}

/* later PATH PATH: two plug-ins with a libpq each, of which the second comes when the first has been used. */
static int later(int argc, char **argv)
{
	require(argc > 2, "two paths");
	for (int p = 1; p <= 2; p++) {
		void *handle = must_open(argv[p], RTLD_LAZY);
		for (int i = 0; i < 10; i++) {
			PGconn *conn = FIND(handle, plugin_open)();
			FIND(handle, plugin_clear)(FIND(handle, plugin_exec)(conn));
			FIND(handle, plugin_finish)(conn);
		}
		say_counts(p == 1 ? "first" : "second", FIND(handle, pqstub_control)());
	}
	return 0;
}
#endif

int main(int argc, char **argv)
{
	return host_main(
		(const struct host_case[]){
#ifdef HOST_NEEDS_LIBPQ
			{"two", two},
			{"plugins", plugins},
#else
			{"trampolines", trampolines},
			{"pointers", pointers},
			{"handed", handed},
			{"later", later},
#endif
			{0}},
		argc, argv);
}
