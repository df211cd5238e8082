// SPDX-License-Identifier: PostgreSQL
/* memory.c - takes memory from libpq in every way it has, and frees it or not; the connection is always finished. */
#include <string.h>

#include "client.h"

static void *by_notifies(PGconn *conn)
{
	client_do(conn, "LISTEN bell");
	client_do(conn, "NOTIFY bell");
	if (PQconsumeInput(conn) != 1)
		client_fail(conn, "PQconsumeInput");
	return PQnotifies(conn);
}

static void *by_escape_literal(PGconn *conn)
{
	return PQescapeLiteral(conn, "it's", 4);
}

static void *by_escape_identifier(PGconn *conn)
{
	return PQescapeIdentifier(conn, "name", 4);
}

static void *by_escape_bytea_conn(PGconn *conn)
{
	size_t length;
	return PQescapeByteaConn(conn, (const unsigned char *)"b", 1, &length);
}

static void *by_escape_bytea(PGconn *conn)
{
	(void)conn;
	size_t length;
	return PQescapeBytea((const unsigned char *)"b", 1, &length);
}

static void *by_unescape_bytea(PGconn *conn)
{
	(void)conn;
	size_t length;
	return PQunescapeBytea((const unsigned char *)"\\x62", &length);
}

static void *by_encrypt_password(PGconn *conn)
{
	(void)conn;
	return PQencryptPassword("secret", "somebody");
}

static void *by_encrypt_password_conn(PGconn *conn)
{
	return PQencryptPasswordConn(conn, "secret", "somebody", "md5");
}

static void *by_get_copy_data(PGconn *conn)
{
	char *row = NULL, *end = NULL;
	PQclear(PQexec(conn, "COPY (SELECT 1) TO STDOUT"));
	PQgetCopyData(conn, &row, 0);
	PQgetCopyData(conn, &end, 0);
	client_drain(conn);
	return row;
}

static void *by_verbose_message(PGconn *conn)
{
	PGresult *result = PQexec(conn, "SELECT 1/0");
	char *message = PQresultVerboseErrorMessage(result, PQERRORS_VERBOSE, PQSHOW_CONTEXT_ALWAYS);
	PQclear(result);
	return message;
}

static void *by_parse_error(PGconn *conn)
{
	(void)conn;
	char *error = NULL;
	if (PQconninfoParse("this is no conninfo", &error))
		client_fail(conn, "nonsense was understood");
	return error;
}

static void *by_conninfo(PGconn *conn)
{
	return PQconninfo(conn);
}

static void *by_conninfo_parse(PGconn *conn)
{
	(void)conn;
	char *error = NULL;
	return PQconninfoParse("dbname=somewhere", &error);
}

static void *by_conndefaults(PGconn *conn)
{
	(void)conn;
	return PQconndefaults();
}

static void free_memory(void *memory)
{
	PQfreemem(memory);
}

static void free_options(void *options)
{
	PQconninfoFree(options);
}

static const struct way {
	const char *name;
	void *(*take)(PGconn *conn);
	void (*give_back)(void *memory);
} ways[] = {
	{"PQnotifies", by_notifies, free_memory},
	{"PQescapeLiteral", by_escape_literal, free_memory},
	{"PQescapeIdentifier", by_escape_identifier, free_memory},
	{"PQescapeByteaConn", by_escape_bytea_conn, free_memory},
	{"PQescapeBytea", by_escape_bytea, free_memory},
	{"PQunescapeBytea", by_unescape_bytea, free_memory},
	{"PQencryptPassword", by_encrypt_password, free_memory},
	{"PQencryptPasswordConn", by_encrypt_password_conn, free_memory},
	{"PQgetCopyData", by_get_copy_data, free_memory},
	{"PQresultVerboseErrorMessage", by_verbose_message, free_memory},
	{"PQconninfoParse", by_conninfo_parse, free_options},
	{"PQconninfoParse-error", by_parse_error, free_memory},
	{"PQconninfo", by_conninfo, free_options},
	{"PQconndefaults", by_conndefaults, free_options},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static int leak(int argc, char **argv)
{
	int taken = 0;
	PGconn *conn = client_open();
	for (size_t i = 0; argc > 1 && i < WAYS; i++)
		if (strcmp(ways[i].name, argv[1]) == 0)
			taken += ways[i].take(conn) != NULL;
	PQfinish(conn);
	return taken == 1 ? 0 : 1;
}

static int clean(int argc, char **argv)
{
	(void)argc, (void)argv;
	PGconn *conn = client_open();
	for (size_t i = 0; i < WAYS; i++) {
		void *memory = ways[i].take(conn);
		if (!memory)
			client_fail(conn, ways[i].name);
		ways[i].give_back(memory);
	}
	PQfreemem(NULL);
	PQconninfoFree(NULL);
	PQfinish(conn);
	return 0;
}

/* One site, many blocks: what the loop that quotes and never frees does. */
static int flood(int argc, char **argv)
{
	int taken = client_number(argc, argv, 1, 1000);
	int kept = client_number(argc, argv, 2, 0);
	PGconn *conn = client_open();
	for (int i = 0; i < taken; i++) {
		char *quoted = PQescapeLiteral(conn, "it's", 4);
		if (i >= kept)
			PQfreemem(quoted);
	}
	PQfinish(conn);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct client_case cases[] = {
		{"leak", "FUNCTION: leaks one block of it", leak},
		{"clean", "takes memory in every way and frees all", clean},
		{"flood", "N K: takes N blocks, leaks the first K", flood},
		{NULL, NULL, NULL},
	};
	return client_main(argc, argv, cases);
}
