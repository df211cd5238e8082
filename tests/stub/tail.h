// SPDX-License-Identifier: PostgreSQL
/* tail.h - see tail.c. */
#ifndef PQLEAK_STUB_TAIL_H
#define PQLEAK_STUB_TAIL_H

#include <libpq-fe.h>

extern PGresult *tail_exec(PGresult *(*exec)(PGconn *, const char *), PGconn *conn);
extern void tail_clear(void (*clear)(PGresult *), PGresult *res);
extern PGresult *held_exec(PGresult *(*exec)(PGconn *, const char *), PGconn *conn);
extern void held_clear(void (*clear)(PGresult *), PGresult *res);

#endif
