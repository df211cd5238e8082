// SPDX-License-Identifier: PostgreSQL
/* signs.c - see signs.h. */
#include "trace/base/signs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* A program can be given millions of bytes; where nothing is said in these, nobody would look further. */
enum {
	MOST_ARGUMENTS = 64,
	MOST_BYTES = 4096, /* of an argument or a value */
	MOST_TEXT = 1 << 20,
	MOST_NAME = 40 /* of a variable, to tell */
};

/* What libpq reads, of PostgreSQL's servers' and Docker's variables what tells a client, and what Debian's psql reads.
 */
static const char *const variables[] = {
	"PGHOST",      "PGHOSTADDR",    "PGPORT",        "PGDATABASE",        "PGUSER",       "PGPASSWORD",
	"PGPASSFILE",  "PGSERVICE",     "PGOPTIONS",     "PGSERVICEFILE",     "PGSSLMODE",    "PGSSLCERT",
	"PGSSLKEY",    "PGSSLROOTCERT", "PGAPPNAME",     "PGCLUSTER",         "PGSYSCONFDIR", "PGTARGETSESSIONATTRS",
	"POSTGRES_DB", "POSTGRES_HOST", "POSTGRES_USER", "POSTGRES_PASSWORD",
};

/* How an address of a database begins or what it has in it, and what a person calls that.  ' ': where a word begins. */
static const struct {
	const char *text, *name;
} addresses[] = {
	{"postgres://", "a database's URL"},
	{"postgresql://", "a database's URL"},
	{"postgresql+", "a database's URL"},
	{"jdbc:postgresql:", "a database's URL"},
	{"dbi:Pg:", "DBD::Pg"},
	{"pgsql:host=", "PDO's pgsql"},
	{" dbname=", "dbname="},
	{"PG:dbname=", "dbname="},
	{"PG:host=", "a database's address"},
};

/* Drivers, as scripts name them.  '#' is a quotation mark, single or double. */
static const char *const drivers[] = {
	"psycopg",         "asyncpg",        "pg8000",         "DBD::Pg", "backends.postgresql", "pg_connect",
	"pg_pconnect",     "PG::Connection", "PG.connect",     "#pg#",    "#pg-native#",         "#postgres#",
	"luasql.postgres", "pgmoon",         "tdbc::postgres", "Pgtcl",   "RPostgres",           "PgCommon",
};

/* PostgreSQL's own programs; a word of their name, or the last part of a path. */
static const char *const programs[] = {
	"psql",     "pgbench",   "pg_dump",       "pg_dumpall",     "pg_restore",    "pg_isready", "pg_amcheck",
	"createdb", "dropdb",    "createuser",    "dropuser",       "vacuumdb",      "reindexdb",  "clusterdb",
	"ecpg",     "pg_rewind", "pg_receivewal", "pg_recvlogical", "pg_basebackup", "oid2name",   "vacuumlo",
};

static const char *const interpreters[] = {
	"python", "pypy",    "perl", "ruby", "php",  "node", "bun", "deno", "tclsh", "wish",    "lua",
	"luajit", "Rscript", "sh",   "bash", "dash", "ash",  "zsh", "ksh",  "fish",  "busybox",
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static bool is_word_part(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* MySQL's addresses have "dbname=" after a semicolon or a colon. */
static bool has_beginning(const char *text, size_t length, const char *wanted)
{
	for (const char *at = text; (at = memmem(at, length - (size_t)(at - text), wanted, strlen(wanted))) != NULL; at++)
		if (at == text || at[-1] == ' ' || at[-1] == '"' || at[-1] == '\'')
			return true;
	return false;
}

static bool has_text(const char *text, size_t length, const char *wanted)
{
	size_t bytes = strlen(wanted);
	if (wanted[0] == ' ')
		return has_beginning(text, length, wanted + 1);
	if (wanted[0] != '#')
		return memmem(text, length, wanted, bytes) != NULL;
	for (const char *at = text; (at = memmem(at, length - (size_t)(at - text), wanted + 1, bytes - 2)) != NULL; at++)
		if (at > text && (at[-1] == '\'' || at[-1] == '"') && at + bytes - 2 < text + length && at[bytes - 2] == at[-1])
			return true;
	return false;
}

static bool has_word(const char *text, size_t length, const char *wanted)
{
	size_t bytes = strlen(wanted);
	for (const char *at = text; (at = memmem(at, length - (size_t)(at - text), wanted, bytes)) != NULL; at++)
		if ((at == text || (!is_word_part(at[-1]) && at[-1] != '-' && at[-1] != '.')) &&
			(at + bytes == text + length || (!is_word_part(at[bytes]) && at[bytes] != '-' && at[bytes] != '.')))
			return true;
	return false;
}

static const char *find_address(const char *text, size_t length)
{
	for (size_t i = 0; i < COUNT(addresses); i++)
		if (has_text(text, length, addresses[i].text))
			return addresses[i].name;
	return NULL;
}

static const char *find_name(const char *text, size_t length)
{
	for (size_t i = 0; i < COUNT(drivers); i++)
		if (has_text(text, length, drivers[i]))
			return drivers[i][0] != '#' ? drivers[i] : "a driver";
	for (size_t i = 0; i < COUNT(programs); i++)
		if (has_word(text, length, programs[i]))
			return programs[i];
	return NULL;
}

static bool tell(const char *found, const char *where, char ret[SIGN_BYTES])
{
	if (found != NULL)
		snprintf(ret, SIGN_BYTES, "%.64s in its %s", found, where);
	return found != NULL;
}

bool sign_in_environment(char *const *environment, char ret[SIGN_BYTES])
{
	for (; environment != NULL && *environment != NULL; environment++) {
		const char *entry = *environment;
		size_t name = strcspn(entry, "=");
		const char *value = entry[name] == '=' ? entry + name + 1 : "";
		if (value[0] == '\0')
			continue;
		bool is_known = false;
		for (size_t i = 0; !is_known && i < COUNT(variables); i++)
			is_known = strlen(variables[i]) == name && memcmp(entry, variables[i], name) == 0;
		const char *address = is_known ? NULL : find_address(value, strnlen(value, MOST_BYTES));
		if (is_known || address != NULL) {
			snprintf(ret, SIGN_BYTES, "%s%s%.*s in its environment", is_known ? "" : address, is_known ? "" : " as ",
					 name < MOST_NAME ? (int)name : MOST_NAME, entry);
			return true;
		}
	}
	return false;
}

bool sign_in_arguments(char *const *arguments, char ret[SIGN_BYTES])
{
	for (int i = 0; arguments != NULL && arguments[i] != NULL && i < MOST_ARGUMENTS; i++) {
		size_t length = strnlen(arguments[i], MOST_BYTES);
		const char *found = find_address(arguments[i], length);
		if (tell(found != NULL ? found : find_name(arguments[i], length), "arguments", ret))
			return true;
	}
	return false;
}

bool sign_in_script(const char *text, char ret[SIGN_BYTES])
{
	size_t length = strnlen(text, MOST_TEXT);
	const char *found = find_address(text, length);
	if (found == NULL)
		found = find_name(text, length);
	for (size_t i = 0; found == NULL && i < COUNT(variables); i++)
		if (has_word(text, length, variables[i]))
			found = variables[i];
	return tell(found, "script", ret);
}

bool sign_is_interpreter(const char *name)
{
	for (size_t i = 0; i < COUNT(interpreters); i++) {
		size_t length = strlen(interpreters[i]);
		/* python3.11, lua5.4; but no shasum. */
		if (strncmp(name, interpreters[i], length) == 0 && name[length + strspn(name + length, "0123456789.-")] == '\0')
			return true;
	}
	return false;
}
