// SPDX-License-Identifier: PostgreSQL
/*
 * tail.c - a library without a libpq of its own that calls libpq for others, like an FFI.
 *
 * The tail_ functions jump and leave no return address of theirs, the held_ ones call.  Built with -O2 for that.
 */
#include "tail.h"

PGresult *tail_exec(PGresult *(*exec)(PGconn *, const char *), PGconn *conn)
{
	return exec(conn, "SELECT 1");
}

void tail_clear(void (*clear)(PGresult *), PGresult *res)
{
	clear(res);
}

PGresult *held_exec(PGresult *(*exec)(PGconn *, const char *), PGconn *conn)
{
	PGresult *res = exec(conn, "SELECT 1");
	__asm__ volatile("" : "+r"(res));
	return res;
}

void held_clear(void (*clear)(PGresult *), PGresult *res)
{
	clear(res);
	__asm__ volatile("");
}
