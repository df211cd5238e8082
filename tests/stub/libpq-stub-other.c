// SPDX-License-Identifier: PostgreSQL
/*
 * libpq-stub-other.c - the stub libpq's cancel handles, memory and large objects, made from the hook table.
 *
 * Everything it hands out is a block of one pool.
 */
#include <stddef.h>
#include <string.h>

#include "libpq-stub.h"

struct block {
	struct object object;
	PQconninfoOption options[4];
};

static struct block blocks[256];
static _Atomic int descriptors;

static void *new_block(void)
{
	for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
		if (stub_take(&blocks[i].object)) {
			memset(blocks[i].options, 0, sizeof blocks[i].options);
			stub_control.blocks_held++;
			return blocks[i].options;
		}
	return NULL;
}

static void release_block(void *block)
{
	if (block != NULL)
		stub_release((char *)block - offsetof(struct block, options), &stub_control.blocks_held);
}

static PQconninfoOption *new_options(void)
{
	static char sslmode_key[] = "sslmode", password_key[] = "password", password[] = STUB_PASSWORD;
	static char timeout_key[] = "connect_timeout", timeout[] = "10";
	PQconninfoOption *options = new_block();
	if (options == NULL)
		return NULL;
	const char *sslmode = atomic_load(&stub_control.sslmode);
	options[0] = (PQconninfoOption){.keyword = password_key, .val = password};
	options[1] = (PQconninfoOption){.keyword = sslmode_key, .val = (char *)(uintptr_t)sslmode};
	options[2] = (PQconninfoOption){.keyword = timeout_key, .val = timeout};
	return options;
}

static void *lend(const void *conn)
{
	if (conn != NULL)
		stub_check(conn);
	return new_block();
}

#define LEND(name, parameters, arguments, type, kind, parent)                                                          \
	EXPORT type name parameters                                                                                        \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING ? NULL : this_function == STUB_PQconninfo ? (void *)new_options() : lend(parent);            \
	}

#define DEFAULTS(name, parameters, arguments)                                                                          \
	EXPORT PQconninfoOption *name parameters                                                                           \
	{                                                                                                                  \
		ENTER(name);                                                                                                   \
		return IS_FAILING ? NULL : new_options();                                                                      \
	}

#define PARSE(name, parameters, arguments)                                                                             \
	EXPORT PQconninfoOption *name parameters                                                                           \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		*errmsg = IS_FAILING ? new_block() : NULL;                                                                     \
		return IS_FAILING ? NULL : new_options();                                                                      \
	}

/* As in libpq, PQfreeNotify is PQfreemem. */
#define GIVE_BACK(name, parameters, arguments, kind)                                                                   \
	EXPORT void name parameters                                                                                        \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		if (this_function == STUB_PQfreeNotify)                                                                        \
			PQfreemem(held);                                                                                           \
		else                                                                                                           \
			release_block(held);                                                                                       \
	}

static int next_row(PGconn *conn, char **row)
{
	stub_check(conn);
	*row = NULL;
	if (conn->rows-- > 0)
		*row = new_block();
	else
		conn->answer = PGRES_COMMAND_OK, conn->pending = 1;
	return *row != NULL ? 1 : -1;
}

#define GET_COPY(name, parameters, arguments)                                                                          \
	EXPORT int name parameters                                                                                         \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING ? -2 : next_row(conn, buffer);                                                               \
	}

static int end_copy(PGconn *conn)
{
	stub_check(conn);
	conn->answer = PGRES_COMMAND_OK;
	PGresult *res;
	while ((res = PQgetResult(conn)) != NULL)
		PQclear(res);
	return 0;
}

#define END_COPY(name, parameters, arguments)                                                                          \
	EXPORT int name parameters                                                                                         \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING ? 1 : end_copy(conn);                                                                        \
	}

/* Like libpq's, they ask the server by PQfn. */
static int ask(PGconn *conn)
{
	int answer = 0, length;
	PGresult *res = PQfn(conn, 1, &answer, &length, 1, NULL, 0);
	int success = res != NULL;
	PQclear(res);
	return success;
}

#define LO_OPEN(name, parameters, arguments)                                                                           \
	EXPORT int name parameters                                                                                         \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING || !ask(conn) ? -1 : descriptors++;                                                          \
	}
#define LO_CLOSE(name, parameters, arguments)                                                                          \
	EXPORT int name parameters                                                                                         \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING || !ask(conn) ? -1 : 0;                                                                      \
	}
#define LO_USE(name, parameters, arguments, type, failure)                                                             \
	EXPORT type name parameters                                                                                        \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING || !ask(conn) ? (type)failure : 1;                                                           \
	}

#include "preload/libpq/hooks-other.def"
