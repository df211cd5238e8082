// SPDX-License-Identifier: PostgreSQL
/*
 * keeper.c - a library with a global object, as C++ has them: it finishes its connection after main has returned.
 *
 * Its destruction is arranged by __cxa_atexit or by an ELF destructor.
 */
#include "keeper.h"

#include <stddef.h>

static PGconn *kept[2];

static void destroy(void *conn)
{
	if (*(PGconn **)conn != NULL)
		PQfinish(*(PGconn **)conn);
}

extern int __cxa_atexit(void (*)(void *), void *, void *);
extern void *__dso_handle;

__attribute__((constructor)) static void loaded(void)
{
	__cxa_atexit(destroy, &kept[KEEPER_CXA_ATEXIT], &__dso_handle);
}

__attribute__((destructor)) static void unloaded(void)
{
	destroy(&kept[KEEPER_ELF_DESTRUCTOR]);
}

void keeper_keep(PGconn *conn, enum keeper_way way)
{
	kept[way] = conn;
}
