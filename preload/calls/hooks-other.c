// SPDX-License-Identifier: PostgreSQL
/* hooks-other.c - turns each line of hooks-other.def into an exported function. */
#include "preload/calls/wrap.h"

/* The object that decides whose function it is: the connection, or else what is known of a caller without one. */
#define LEND(name, parameters, arguments, type, kind, parent)                                                          \
	ANSWERING(type, name, parameters, arguments, parent, NULL, verb_lent(&call, kind, answer, parent))
#define DEFAULTS(name, parameters, arguments) LEND(name, parameters, arguments, PQconninfoOption *, KIND_MEMORY, NULL)
#define PARSE(name, parameters, arguments)                                                                             \
	ANSWERING(PQconninfoOption *, name, parameters, arguments, NULL, NULL, verb_parsed(&call, answer, errmsg))
#define GIVE_BACK(name, parameters, arguments, kind)                                                                   \
	GIVING_BACK(name, parameters, arguments, held, verb_giving_back(&call, kind, held))

#define GET_COPY(name, parameters, arguments)                                                                          \
	TALKING(int, name, parameters, arguments, -2, verb_got_row(&call, conn, buffer, answer))
#define END_COPY(name, parameters, arguments)                                                                          \
	TALKING(int, name, parameters, arguments, 1, verb_used(&call, conn, EVENT_IS_DRAINED))

#define LO_OPEN(name, parameters, arguments)                                                                           \
	TALKING(int, name, parameters, arguments, -1, verb_lo_opened(&call, conn, answer))
#define LO_USE(name, parameters, arguments, type, failure)                                                             \
	TALKING(type, name, parameters, arguments, failure, verb_used(&call, conn, EVENT_IS_QUERY))
#define LO_CLOSE(name, parameters, arguments)                                                                          \
	DEFINE(int, name, parameters)                                                                                      \
	{                                                                                                                  \
		BEGIN(name, conn);                                                                                             \
		if (call.real == NULL)                                                                                         \
			return -1;                                                                                                 \
		if (traced)                                                                                                    \
			verb_lo_closing(&call, conn, fd);                                                                          \
		struct turn turn = traced ? turn_take(&call, conn) : (struct turn){0};                                         \
		int answer = REAL(int, parameters) arguments;                                                                  \
		turn_give(turn);                                                                                               \
		return answer;                                                                                                 \
	}

#include "preload/libpq/hooks-other.def"
