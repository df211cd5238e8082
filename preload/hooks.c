// SPDX-License-Identifier: PostgreSQL
/*
 * hooks.c - turns each line of hooks.def into an exported function.
 *
 * The macros hold no policy: a hook finds the real function (call.h), calls
 * it, and tells the verb what it said (verbs.h).  gdb and compiler errors show
 * the line of hooks.def.
 */
#include "hooks.h"

#include <string.h>

#include "verbs.h"

/* The exported function, and the hidden second name by which thunks and tables reach it without a relocation. */
#define DEFINE(type, name, parameters)                                                                                 \
	extern __typeof__(type) name parameters __attribute__((visibility("default")));                                   \
	extern __typeof__(type) pqleak_wrapper_##name parameters __attribute__((visibility("hidden"), alias(#name)));     \
	type name parameters

#define BEGIN(name, object)                                                                                            \
	struct call call;                                                                                                  \
	bool traced = call_begin(&call, HOOK_##name, object, __builtin_return_address(0))

#define REAL(type, parameters) (__extension__(type(*) parameters) call.real)

#define CONNECT(name, parameters, arguments)                                                                           \
	DEFINE(PGconn *, name, parameters)                                                                                 \
	{                                                                                                                  \
		BEGIN(name, NULL);                                                                                             \
		if (call.real == NULL)                                                                                         \
			return NULL;                                                                                               \
		call.began = call_now();                                                                                       \
		PGconn *opened = REAL(PGconn *, parameters) arguments;                                                         \
		if (traced)                                                                                                    \
			verb_connected(&call, opened);                                                                             \
		return opened;                                                                                                 \
	}
#define CONNECT_START CONNECT

#define POLL(name, parameters, arguments)                                                                              \
	DEFINE(PostgresPollingStatusType, name, parameters)                                                                \
	{                                                                                                                  \
		BEGIN(name, conn);                                                                                             \
		if (call.real == NULL)                                                                                         \
			return PGRES_POLLING_FAILED;                                                                               \
		PostgresPollingStatusType outcome = REAL(PostgresPollingStatusType, parameters) arguments;                     \
		if (traced)                                                                                                    \
			verb_polled(&call, conn, outcome);                                                                         \
		return outcome;                                                                                                \
	}

#define RESET(name, parameters, arguments)                                                                             \
	DEFINE(void, name, parameters)                                                                                     \
	{                                                                                                                  \
		BEGIN(name, conn);                                                                                             \
		if (call.real == NULL)                                                                                         \
			return;                                                                                                    \
		call.began = call_now();                                                                                       \
		REAL(void, parameters) arguments;                                                                              \
		if (traced)                                                                                                    \
			verb_reset(&call, conn);                                                                                   \
	}

/* The functions that answer 0 or 1 and are, at least, a use. */
#define USING(name, parameters, arguments, verb)                                                                       \
	DEFINE(int, name, parameters)                                                                                      \
	{                                                                                                                  \
		BEGIN(name, conn);                                                                                             \
		if (call.real == NULL)                                                                                         \
			return 0;                                                                                                  \
		int success = REAL(int, parameters) arguments;                                                                 \
		if (traced)                                                                                                    \
			verb;                                                                                                      \
		return success;                                                                                                \
	}
#define RESET_START(name, parameters, arguments) USING(name, parameters, arguments, verb_used(&call, conn))
#define SEND(name, parameters, arguments) USING(name, parameters, arguments, verb_sent(&call, conn, query))
#define SEND_NAMED(name, parameters, arguments) USING(name, parameters, arguments, verb_sent(&call, conn, NULL))

#define FINISH(name, parameters, arguments)                                                                            \
	DEFINE(void, name, parameters)                                                                                     \
	{                                                                                                                  \
		BEGIN(name, conn);                                                                                             \
		if (traced)                                                                                                    \
			verb_finishing(&call, conn);                                                                               \
		if (call.real != NULL)                                                                                         \
			REAL(void, parameters) arguments;                                                                          \
	}

#define PROBE(name, parameters, arguments)                                                                             \
	DEFINE(PGPing, name, parameters)                                                                                   \
	{                                                                                                                  \
		BEGIN(name, NULL);                                                                                             \
		(void)traced;                                                                                                  \
		return call.real == NULL ? PQPING_NO_ATTEMPT : REAL(PGPing, parameters) arguments;                             \
	}

/* The functions that hand out a result. */
#define RESULT(name, parameters, arguments, object, verb)                                                              \
	DEFINE(PGresult *, name, parameters)                                                                               \
	{                                                                                                                  \
		BEGIN(name, object);                                                                                           \
		if (call.real == NULL)                                                                                         \
			return NULL;                                                                                               \
		PGresult *result = REAL(PGresult *, parameters) arguments;                                                     \
		if (traced)                                                                                                    \
			verb;                                                                                                      \
		return result;                                                                                                 \
	}
#define QUERY(name, parameters, arguments)                                                                             \
	RESULT(name, parameters, arguments, conn, verb_queried(&call, conn, query, result))
#define ASK(name, parameters, arguments)                                                                               \
	RESULT(name, parameters, arguments, conn, verb_queried(&call, conn, NULL, result))
#define FETCH(name, parameters, arguments)                                                                             \
	RESULT(name, parameters, arguments, conn, verb_fetched(&call, conn, result))
#define MAKE(name, parameters, arguments) RESULT(name, parameters, arguments, conn, verb_made(&call, result))
#define COPY_RESULT(name, parameters, arguments) RESULT(name, parameters, arguments, src, verb_made(&call, result))

#define CLEAR(name, parameters, arguments)                                                                             \
	DEFINE(void, name, parameters)                                                                                     \
	{                                                                                                                  \
		BEGIN(name, res);                                                                                              \
		if (traced)                                                                                                    \
			verb_clearing(&call, res);                                                                                 \
		if (call.real != NULL)                                                                                         \
			REAL(void, parameters) arguments;                                                                          \
	}

#include "hooks.def"

/* --- the table as data --- */

const struct hook_info hooks[HOOK_COUNT] = {
#define HOOK(name) {#name, (__extension__(void *)pqleak_wrapper_##name)},
#include "hooks.def"
};

const char *const libpq_function_names[FUNCTION_COUNT] = {
#define HOOK(name) #name,
#include "hooks.def"
#define ACCESSOR_NAME(name) #name,
	ACCESSORS(ACCESSOR_NAME)};

enum hook hook_by_name(const char *name)
{
	/* dlsym is asked for a great many other names: most are told apart by two letters. */
	if (name[0] != 'P' || name[1] != 'Q')
		return HOOK_COUNT;
	for (int h = 0; h < HOOK_COUNT; h++)
		if (strcmp(hooks[h].name + 2, name + 2) == 0)
			return (enum hook)h;
	return HOOK_COUNT;
}
