// SPDX-License-Identifier: PostgreSQL
/* keeper.h - see keeper.c. */
#ifndef PQLEAK_STUB_KEEPER_H
#define PQLEAK_STUB_KEEPER_H

#include <libpq-fe.h>

enum keeper_way {
	KEEPER_CXA_ATEXIT,
	KEEPER_ELF_DESTRUCTOR,
};

extern void keeper_keep(PGconn *conn, enum keeper_way way);

#endif
