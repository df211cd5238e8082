// SPDX-License-Identifier: PostgreSQL
/* passwords.c - hands a password to libpq in every way a program may, right and wrong.  argv[2] is the user's database,
 * TEST_SECRET in the environment the password. */
#include <stdio.h>
#include <stdlib.h>

#include "client.h"

#define USER "guarded"

static char text[1024];
static const char *secret;

/* Leaks the connection, so that the report speaks of it; the outcome is printed. */
static int leak(PGconn *conn)
{
	client_say("%s", PQstatus(conn) == CONNECTION_OK ? "connected" : "failed");
	return 0;
}

static int conninfo(int argc, char **argv)
{
	(void)argc;
	snprintf(text, sizeof(text), "user=" USER " dbname=%s password='%s'", argv[1], secret);
	return leak(PQconnectdb(text));
}

static int uri(int argc, char **argv)
{
	(void)argc;
	snprintf(text, sizeof(text), "postgresql://" USER ":%s@/%s", secret, argv[1]);
	return leak(PQconnectdb(text));
}

static int uri_query(int argc, char **argv)
{
	(void)argc;
	snprintf(text, sizeof(text), "postgresql:///%s?user=" USER "&password=%s", argv[1], secret);
	return leak(PQconnectdb(text));
}

/* An '@' in the password, not escaped: libpq takes what follows it for the host. */
static int uri_at(int argc, char **argv)
{
	(void)argc;
	snprintf(text, sizeof(text), "postgresql://" USER ":begin@%s@localhost/%s", secret, argv[1]);
	return leak(PQconnectdb(text));
}

/* A '/' in the password, not escaped: what follows lands in the database's name. */
static int uri_slash(int argc, char **argv)
{
	(void)argc;
	snprintf(text, sizeof(text), "postgresql://" USER ":1/%s@localhost/%s", secret, argv[1]);
	return leak(PQconnectdb(text));
}

static int params(int argc, char **argv)
{
	(void)argc;
	const char *const keywords[] = {"user", "dbname", "password", NULL};
	const char *const values[] = {USER, argv[1], secret, NULL};
	return leak(PQconnectdbParams(keywords, values, 0));
}

static int params_start(int argc, char **argv)
{
	(void)argc;
	const char *const keywords[] = {"user", "dbname", "password", NULL};
	const char *const values[] = {USER, argv[1], secret, NULL};
	PGconn *conn = PQconnectStartParams(keywords, values, 0);
	client_poll(conn, PQconnectPoll);
	return leak(conn);
}

static int with_dbname(const char *database, int expand)
{
	const char *const keywords[] = {"dbname", NULL};
	const char *const values[] = {database, NULL};
	return leak(PQconnectdbParams(keywords, values, expand));
}

static int dbname_expanded(int argc, char **argv)
{
	(void)argc;
	snprintf(text, sizeof(text), "user=" USER " dbname=%s password=%s", argv[1], secret);
	return with_dbname(text, 1);
}

/* Not expanded, the whole connection string becomes the database's name, and PQdb says it. */
static int dbname_literal(int argc, char **argv)
{
	(void)argc;
	snprintf(text, sizeof(text), "user=" USER " dbname=%s password=%s", argv[1], secret);
	return with_dbname(text, 0);
}

static int dbname_literal_uri(int argc, char **argv)
{
	(void)argc;
	snprintf(text, sizeof(text), "postgresql://" USER ":%s@/%s", secret, argv[1]);
	return with_dbname(text, 0);
}

static int setdb_login(int argc, char **argv)
{
	(void)argc;
	return leak(PQsetdbLogin(NULL, NULL, NULL, NULL, argv[1], USER, secret));
}

/* PQsetdbLogin expands its dbname. */
static int setdb_login_dbname(int argc, char **argv)
{
	(void)argc;
	snprintf(text, sizeof(text), "user=" USER " dbname=%s password=%s", argv[1], secret);
	return leak(PQsetdbLogin(NULL, NULL, NULL, NULL, text, NULL, NULL));
}

/* From PGPASSWORD or PGPASSFILE. */
static int environment(int argc, char **argv)
{
	(void)argc;
	return leak(PQsetdbLogin(NULL, NULL, NULL, NULL, argv[1], USER, NULL));
}

static int statement(int argc, char **argv)
{
	(void)argc;
	PGconn *conn = PQsetdbLogin(NULL, NULL, NULL, NULL, argv[1], NULL, NULL);
	snprintf(text, sizeof(text), "ALTER ROLE " USER " PASSWORD '%s'", secret);
	PGresult *forgotten = PQexec(conn, text);
	if (PQresultStatus(forgotten) != PGRES_COMMAND_OK)
		return 1;
	snprintf(text, sizeof(text), "'%s'", secret);
	PQexec(conn, text); /* no statement at all, and it fails */
	PQfreemem(PQencryptPasswordConn(conn, secret, USER, NULL));
	return leak(conn);
}

int main(int argc, char **argv)
{
	static const struct client_case cases[] = {
		{"conninfo", "in a conninfo string", conninfo},
		{"uri", "in a URI", uri},
		{"uri-query", "as a parameter of a URI", uri_query},
		{"uri-at", "in a URI that an '@' in the password breaks", uri_at},
		{"uri-slash", "in a URI that a '/' in the password breaks", uri_slash},
		{"params", "in a parameter", params},
		{"params-start", "in a parameter, asynchronously", params_start},
		{"dbname-expanded", "in the dbname parameter, expanded", dbname_expanded},
		{"dbname-literal", "in the dbname parameter, not expanded", dbname_literal},
		{"dbname-literal-uri", "as a URI in the dbname parameter, not expanded", dbname_literal_uri},
		{"setdb-login", "as an argument of PQsetdbLogin", setdb_login},
		{"setdb-login-dbname", "in the dbname argument of PQsetdbLogin", setdb_login_dbname},
		{"environment", "from PGPASSWORD or PGPASSFILE", environment},
		{"statement", "in SQL", statement},
		{NULL, NULL, NULL},
	};
	secret = getenv("TEST_SECRET");
	if (argc > 1 && (argc < 3 || !secret))
		return 99;
	return client_main(argc, argv, cases);
}
