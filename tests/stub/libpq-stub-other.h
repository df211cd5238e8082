// SPDX-License-Identifier: PostgreSQL
/*
 * libpq-stub-other.h - the verbs of hooks.def for cancel handles, memory, COPY and large objects, for libpq-stub.c.
 */
#ifndef PQLEAK_LIBPQ_STUB_OTHER_H
#define PQLEAK_LIBPQ_STUB_OTHER_H

#include "libpq-stub.h"

HIDDEN extern _Atomic int stub_descriptors; /* so many large objects were opened */
HIDDEN extern void *stub_new_block(void);
HIDDEN extern void stub_release_block(void *block);
HIDDEN extern PQconninfoOption *stub_new_options(void);
HIDDEN extern void *stub_lend(const void *conn);
HIDDEN extern int stub_next_row(PGconn *conn, char **row);
HIDDEN extern int stub_end_copy(PGconn *conn);
HIDDEN extern int stub_ask(PGconn *conn);

#define LEND(name, parameters, arguments, type, kind, parent)                                                          \
	EXPORT type name parameters                                                                                        \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING ? NULL : this_function == STUB_PQconninfo ? (void *)stub_new_options() : stub_lend(parent);  \
	}

#define DEFAULTS(name, parameters, arguments)                                                                          \
	EXPORT PQconninfoOption *name parameters                                                                           \
	{                                                                                                                  \
		ENTER(name);                                                                                                   \
		return IS_FAILING ? NULL : stub_new_options();                                                                 \
	}

#define PARSE(name, parameters, arguments)                                                                             \
	EXPORT PQconninfoOption *name parameters                                                                           \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		*errmsg = IS_FAILING ? stub_new_block() : NULL;                                                                \
		return IS_FAILING ? NULL : stub_new_options();                                                                 \
	}

/* As in libpq, PQfreeNotify is PQfreemem. */
#define GIVE_BACK(name, parameters, arguments, kind)                                                                   \
	EXPORT void name parameters                                                                                        \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		if (this_function == STUB_PQfreeNotify)                                                                        \
			PQfreemem(held);                                                                                           \
		else                                                                                                           \
			stub_release_block(held);                                                                                  \
	}

#define GET_COPY(name, parameters, arguments)                                                                          \
	EXPORT int name parameters                                                                                         \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING ? -2 : stub_next_row(conn, buffer);                                                          \
	}

#define END_COPY(name, parameters, arguments)                                                                          \
	EXPORT int name parameters                                                                                         \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING ? 1 : stub_end_copy(conn);                                                                   \
	}

#define LO_OPEN(name, parameters, arguments)                                                                           \
	EXPORT int name parameters                                                                                         \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING || !stub_ask(conn) ? -1 : stub_descriptors++;                                                \
	}

#define LO_CLOSE(name, parameters, arguments)                                                                          \
	EXPORT int name parameters                                                                                         \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING || !stub_ask(conn) ? -1 : 0;                                                                 \
	}

#define LO_USE(name, parameters, arguments, type, failure)                                                             \
	EXPORT type name parameters                                                                                        \
	{                                                                                                                  \
		BEGIN(name, arguments)                                                                                         \
		return IS_FAILING || !stub_ask(conn) ? (type)failure : 1;                                                      \
	}

#endif
