// SPDX-License-Identifier: PostgreSQL
/*
 * wrap.h - what the verbs of hooks.def become functions with.
 *
 * The macros hold no policy: a hook finds the real function (call.h), calls
 * it, and tells the verb what it said (verbs.h).  gdb and compiler errors show
 * the line of the table.  Included by hooks-query.c and hooks-other.c only.
 */
#ifndef PQLEAK_PRELOAD_CALLS_WRAP_H
#define PQLEAK_PRELOAD_CALLS_WRAP_H

#include "preload/calls/turn.h"
#include "preload/calls/verbs.h"

/* The exported function, and the hidden second name by which thunks and tables reach it without a relocation. */
#define DEFINE(type, name, parameters)                                                                                 \
	extern __typeof__(type) name parameters __attribute__((visibility("default")));                                    \
	extern __typeof__(type) pqleak_wrapper_##name parameters __attribute__((visibility("hidden"), alias(#name)));      \
	type name parameters

#define BEGIN(name, object)                                                                                            \
	struct call call;                                                                                                  \
	bool traced = call_begin(&call, HOOK_##name, object, __builtin_return_address(0))

#define REAL(type, parameters) (__extension__(type(*) parameters) call.real)

/* A function that answers a value. */
#define ANSWERING(type, name, parameters, arguments, object, failure, verb)                                            \
	DEFINE(type, name, parameters)                                                                                     \
	{                                                                                                                  \
		BEGIN(name, object);                                                                                           \
		if (call.real == NULL)                                                                                         \
			return failure;                                                                                            \
		type answer = REAL(type, parameters) arguments;                                                                \
		if (traced)                                                                                                    \
			verb;                                                                                                      \
		return answer;                                                                                                 \
	}

/* The same, for those that work with the server: they take their turn on the connection. */
#define TALKING(type, name, parameters, arguments, failure, verb)                                                      \
	DEFINE(type, name, parameters)                                                                                     \
	{                                                                                                                  \
		BEGIN(name, conn);                                                                                             \
		if (call.real == NULL)                                                                                         \
			return failure;                                                                                            \
		if (!traced)                                                                                                   \
			return REAL(type, parameters) arguments;                                                                   \
		struct turn turn = turn_take(&call, conn);                                                                     \
		call.began = call_now_coarse();                                                                                \
		type answer = REAL(type, parameters) arguments;                                                                \
		turn_give(turn); /* recording it may have to wait */                                                           \
		verb;                                                                                                          \
		return answer;                                                                                                 \
	}

/* A function that gives `object` back: recorded before the real call. */
#define GIVING_BACK(name, parameters, arguments, object, verb)                                                         \
	DEFINE(void, name, parameters)                                                                                     \
	{                                                                                                                  \
		BEGIN(name, object);                                                                                           \
		if (traced)                                                                                                    \
			verb;                                                                                                      \
		if (call.real != NULL)                                                                                         \
			REAL(void, parameters) arguments;                                                                          \
	}

#endif
