// SPDX-License-Identifier: PostgreSQL
/*
 * host-table.c - calls every function of the hook table, made from the table itself.
 *
 * The functions' parameters are local variables here, by their names in the
 * table: a function with a new parameter does not compile until it has one.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include "host.h"
#include "trace/base/event.h"

enum { ERRNO_BEFORE = 77 };

static unsigned connections, results, queries, lent; /* what a trace of the whole run must hold */

static void check_errno(const char *name, int function)
{
	int after = errno;
	if (pqstub_control()->errno_seen[function] != ERRNO_BEFORE || after != STUB_ERRNO + function)
		say("%s: errno was %d inside and %d after", name, pqstub_control()->errno_seen[function], after);
}

static void check_argument(const char *name, int function, int n, uintptr_t value)
{
	if (pqstub_control()->arguments[function][n] != value)
		say("%s: argument %d is another one", name, n + 1);
}

/* A call with errno set before, and errno and all arguments held against what the stub saw. */
#define WATCHED(name, arguments, call)                                                                                 \
	errno = ERRNO_BEFORE;                                                                                              \
	call;                                                                                                              \
	check_errno(#name, STUB_##name);                                                                                   \
	const int function = STUB_##name;                                                                                  \
	const char *const text = #name;                                                                                    \
	STUB_EACH(CHECK_ARGUMENT, arguments)
#define CHECK_ARGUMENT(n, value) check_argument(text, function, n, value);

static void keep_conn(const char *name, PGconn *conn)
{
	say("%s: %s", name, conn != NULL ? "a connection" : "NULL");
	connections += conn != NULL;
	PQfinish(conn);
}

static void keep_result(const char *name, PGresult *res)
{
	say("%s: %s", name, res != NULL ? "a result" : "NULL");
	results += res != NULL;
	PQclear(res);
}

static void keep_block(const char *name, void *block, enum resource_kind kind)
{
	say("%s: %s", name, block != NULL ? "a block" : "NULL");
	lent += block != NULL;
	if (kind == KIND_CANCEL)
		PQfreeCancel(block);
	else
		PQfreemem(block);
}

static PGconn *new_conn(void)
{
	PGconn *conn = PQconnectStart("");
	require(conn != NULL, "a connection to work with");
	connections++;
	return conn;
}

/* Calls everything; with `fails` each function fails, and all but it succeed. */
static int call_all(bool fails)
{
	const char *const keywords[] = {"host", NULL}, *const values[] = {"x", NULL};
	const char *conninfo = "conninfo", *pghost = "host", *pgport = "port", *pgoptions = "options", *pgtty = "tty";
	const char *dbName = "name", *login = "login", *pwd = "password", *query = "query", *stmtName = "stmt";
	const char *stmt = "stmt", *portal = "portal";
	const char *const paramValues[] = {"1", "2", "3"};
	const int paramLengths[] = {1, 1, 1}, paramFormats[] = {0, 0, 0};
	const Oid paramTypes[] = {23, 23, 23};
	const PQArgBlock args[1] = {0};
	int result_buf[1], result_length = 0, *const result_len = &result_length;
	const int expand_dbname = 1, nParams = 3, resultFormat = 1, fnid = 4711, result_is_int = 1, nargs = 1, flags = 5;
	const ExecStatusType status = PGRES_COMMAND_OK;
	const char *user = "user", *passwd = "password", *algorithm = NULL, *str = "text", *filename = "file";
	const unsigned char *from = (const unsigned char *)"bytes", *strtext = from;
	const size_t len = 4, from_length = 5;
	size_t length = 0, *const to_length = &length, *const retbuflen = &length;
	char room[8], *buf = room, *row = NULL, **const buffer = &row, *message = NULL, **const errmsg = &message;
	const int async = 1, mode = 3, fd = 4, whence = 5;
	const pg_int64 offset = 6;
	const Oid lobjId = 7;
	const PGVerbosity verbosity = PQERRORS_VERBOSE;
	const PGContextVisibility show_context = PQSHOW_CONTEXT_NEVER;

	struct stub_control *control = pqstub_control();
	PGconn *const conn = new_conn();
	PGresult *const src = PQmakeEmptyPGresult(conn, PGRES_TUPLES_OK), *const res = src;
	results++;

#define FAILING(name) control->failing = fails ? STUB_##name : STUB_NONE
#define DONE control->failing = STUB_NONE

#define CONNECT(name, parameters, arguments)                                                                           \
	{                                                                                                                  \
		PGconn *opened;                                                                                                \
		FAILING(name);                                                                                                 \
		WATCHED(name, arguments, opened = name arguments)                                                              \
		DONE;                                                                                                          \
		keep_conn(#name, opened);                                                                                      \
	}
#define CONNECT_START CONNECT
#define ON_A_CONN(name, arguments, format, call)                                                                       \
	{                                                                                                                  \
		PGconn *conn = new_conn();                                                                                     \
		FAILING(name);                                                                                                 \
		WATCHED(name, arguments, int answer = call)                                                                    \
		DONE;                                                                                                          \
		say(#name format, answer);                                                                                     \
		PQfinish(conn);                                                                                                \
	}
#define POLL(name, parameters, arguments) ON_A_CONN(name, arguments, ": %d", (int)name arguments)
#define RESET(name, parameters, arguments) ON_A_CONN(name, arguments, ": (%d)", (name arguments, 0))
#define RESET_START(name, parameters, arguments) ON_A_CONN(name, arguments, ": %d", name arguments)
#define FINISH(name, parameters, arguments)                                                                            \
	{                                                                                                                  \
		PGconn *conn = fails ? NULL : new_conn();                                                                      \
		WATCHED(name, arguments, name arguments)                                                                       \
	}
#define PROBE(name, parameters, arguments)                                                                             \
	{                                                                                                                  \
		FAILING(name);                                                                                                 \
		WATCHED(name, arguments, int answer = (int)name arguments)                                                     \
		DONE;                                                                                                          \
		say(#name ": %d", answer);                                                                                     \
	}
#define RESULT(name, arguments, count)                                                                                 \
	{                                                                                                                  \
		PGresult *made;                                                                                                \
		FAILING(name);                                                                                                 \
		WATCHED(name, arguments, made = name arguments)                                                                \
		DONE;                                                                                                          \
		keep_result(#name, made);                                                                                      \
		queries += fails ? 0 : (count);                                                                                          \
	}
#define QUERY(name, parameters, arguments) RESULT(name, arguments, 1)
#define ASK QUERY
#define FETCH(name, parameters, arguments) RESULT(name, arguments, 0)
#define MAKE FETCH
#define COPY_RESULT FETCH
#define SEND(name, parameters, arguments)                                                                              \
	{                                                                                                                  \
		FAILING(name);                                                                                                 \
		WATCHED(name, arguments, int answer = name arguments)                                                          \
		DONE;                                                                                                          \
		say(#name ": %d", answer);                                                                                     \
		queries += !fails;                                                                                                  \
	}
#define SEND_NAMED SEND
#define SEND_PREPARE SEND
#define SEND_CLOSE SEND
#define PREPARE QUERY
#define CLOSE_PREPARED QUERY
#define CLEAR(name, parameters, arguments)                                                                             \
	{                                                                                                                  \
		PGresult *res = fails ? NULL : PQmakeEmptyPGresult(conn, PGRES_TUPLES_OK);                                     \
		results += !fails;                                                                                             \
		WATCHED(name, arguments, name arguments)                                                                       \
	}
#define LEND(name, parameters, arguments, type, kind, parent)                                                          \
	{                                                                                                                  \
		FAILING(name);                                                                                                 \
		WATCHED(name, arguments, type held = name arguments)                                                           \
		DONE;                                                                                                          \
		keep_block(#name, held, kind);                                                                                 \
	}
#define DEFAULTS(name, parameters, arguments) keep_block(#name, name(), KIND_MEMORY);
#define PARSE(name, parameters, arguments)                                                                             \
	{                                                                                                                  \
		FAILING(name);                                                                                                 \
		WATCHED(name, arguments, PQconninfoOption *held = name arguments)                                              \
		DONE;                                                                                                          \
		keep_block(#name, fails ? message : (void *)held, KIND_MEMORY);                                                \
	}
#define GIVE_BACK(name, parameters, arguments, kind)                                                                   \
	{                                                                                                                  \
		void *held = fails ? NULL : kind == KIND_CANCEL ? (void *)PQgetCancel(conn) : (void *)PQconndefaults();        \
		lent += !fails;                                                                                                \
		WATCHED(name, arguments, name arguments)                                                                       \
	}
#define ANSWERING(name, arguments, count)                                                                              \
	{                                                                                                                  \
		FAILING(name);                                                                                                 \
		WATCHED(name, arguments, long long answer = (long long)name arguments)                                         \
		DONE;                                                                                                          \
		say(#name ": %lld", answer);                                                                                   \
		queries += (count);                                                                                            \
	}
#define GET_COPY(name, parameters, arguments) ANSWERING(name, arguments, 0)
#define END_COPY GET_COPY
#define LO_OPEN(name, parameters, arguments)                                                                           \
	ANSWERING(name, arguments, 1)                                                                                      \
	lent += !fails;
#define LO_CLOSE GET_COPY
#define LO_USE(name, parameters, arguments, type, failure) ANSWERING(name, arguments, 1)
#define HOOK(verb, ...) verb(__VA_ARGS__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include "preload/libpq/hooks.def"
#pragma GCC diagnostic pop

	PQclear(src);
	PQfinish(conn);
	say_counts("libpq", control);
	say("expect %u %u %u %u", connections, results, queries, lent);
	return 0;
}

static int all_succeed(int argc, char **argv)
{
	(void)argc, (void)argv;
	return call_all(false);
}

static int all_fail(int argc, char **argv)
{
	(void)argc, (void)argv;
	return call_all(true);
}

int main(int argc, char **argv)
{
	return host_main((const struct host_case[]){{"all-succeed", all_succeed}, {"all-fail", all_fail}, {0}}, argc, argv);
}
