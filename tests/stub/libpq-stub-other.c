// SPDX-License-Identifier: PostgreSQL
/*
 * libpq-stub-other.c - the stub libpq's cancel handles, memory and large objects; see libpq-stub-other.h.
 *
 * Everything it hands out is a block of one pool.
 */
#include "libpq-stub-other.h"

#include <stddef.h>
#include <string.h>

struct block {
	struct object object;
	PQconninfoOption options[4];
};

static struct block blocks[256];
_Atomic int stub_descriptors;

void *stub_new_block(void)
{
	for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
		if (stub_take(&blocks[i].object)) {
			memset(blocks[i].options, 0, sizeof blocks[i].options);
			stub_control.blocks_held++;
			return blocks[i].options;
		}
	return NULL;
}

void stub_release_block(void *block)
{
	if (block != NULL)
		stub_release((char *)block - offsetof(struct block, options), &stub_control.blocks_held);
}

PQconninfoOption *stub_new_options(void)
{
	static char sslmode_key[] = "sslmode", password_key[] = "password", password[] = STUB_PASSWORD;
	static char timeout_key[] = "connect_timeout", timeout[] = "10";
	PQconninfoOption *options = stub_new_block();
	if (options == NULL)
		return NULL;
	const char *sslmode = atomic_load(&stub_control.sslmode);
	options[0] = (PQconninfoOption){.keyword = password_key, .val = password};
	options[1] = (PQconninfoOption){.keyword = sslmode_key, .val = (char *)(uintptr_t)sslmode};
	options[2] = (PQconninfoOption){.keyword = timeout_key, .val = timeout};
	return options;
}

void *stub_lend(const void *conn)
{
	if (conn != NULL)
		stub_check(conn);
	return stub_new_block();
}

int stub_next_row(PGconn *conn, char **row)
{
	stub_check(conn);
	*row = NULL;
	if (conn->rows-- > 0)
		*row = stub_new_block();
	else
		conn->answer = PGRES_COMMAND_OK, conn->pending = 1;
	return *row != NULL ? 1 : -1;
}

int stub_end_copy(PGconn *conn)
{
	stub_check(conn);
	conn->answer = PGRES_COMMAND_OK;
	PGresult *res;
	while ((res = PQgetResult(conn)) != NULL)
		PQclear(res);
	return 0;
}

/* Like libpq's, they ask the server by PQfn. */
int stub_ask(PGconn *conn)
{
	int answer = 0, length;
	PGresult *res = PQfn(conn, 1, &answer, &length, 1, NULL, 0);
	int success = res != NULL;
	PQclear(res);
	return success;
}
