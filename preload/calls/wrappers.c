// SPDX-License-Identifier: PostgreSQL
/*
 * wrappers.c - turns each line of hooks.def into an exported function: here the host's calls of libpq come in.
 *
 * The macros hold no policy: a wrapper finds the real function (call.h), calls
 * it, and tells the verb what it said (verbs.h).  gdb and compiler errors show
 * the line of the table.  Each verb of the table is a macro of its name.
 */
#include "preload/calls/wrappers.h"

#include <errno.h>

#include "preload/calls/overlap.h"
#include "preload/calls/verbs.h"
#include "preload/elf/elf-object.h"
#include "preload/elf/visibility.h"

/* In a section of their own, so that a frame of theirs can be told from others of this library. */
#define WRAPPER EXPORT __attribute__((section("pqleak_wrappers")))

/* The exported function, and the hidden second name by which thunks and tables reach it without a relocation. */
#define DEFINE(type, name, parameters)                                                                                 \
	extern __typeof__(type) name parameters WRAPPER;                                                                   \
	extern __typeof__(type) pqleak_wrapper_##name parameters HIDDEN __attribute__((alias(#name)));                     \
	type name parameters

/* `object` tells which libpq is meant where the caller's address does not; NULL: it is not asked. */
#define BEGIN(name, object)                                                                                            \
	struct call call;                                                                                                  \
	bool traced = call_begin(&call, HOOK_##name, object, __builtin_return_address(0));                                 \
	call.frame = __builtin_frame_address(0)

#define PASSED(name) call_passing(HOOK_##name, __builtin_return_address(0))

#define REAL(type, parameters) (__extension__(type(*) parameters) call.real)

/* What a call meant is recorded without the host's errno being another afterwards. */
#define TELL(verb)                                                                                                     \
	do {                                                                                                               \
		int error = errno;                                                                                             \
		verb;                                                                                                          \
		errno = error;                                                                                                 \
	} while (0)

/* --- the shapes of functions --- */

/* Answers a value. */
#define ANSWERING(type, name, parameters, arguments, object, failure, verb)                                            \
	DEFINE(type, name, parameters)                                                                                     \
	{                                                                                                                  \
		void *passed = PASSED(name);                                                                                   \
		if (passed != NULL)                                                                                            \
			return (__extension__(type(*) parameters) passed)arguments;                                                \
		BEGIN(name, object);                                                                                           \
		if (call.real == NULL)                                                                                         \
			return failure;                                                                                            \
		type answer = REAL(type, parameters) arguments;                                                                \
		if (traced)                                                                                                    \
			TELL(verb);                                                                                                \
		return answer;                                                                                                 \
	}

/* The same for those that talk to the server: two threads may be inside them on one connection. */
#define TALKING(type, name, parameters, arguments, failure, verb)                                                      \
	DEFINE(type, name, parameters)                                                                                     \
	{                                                                                                                  \
		void *passed = PASSED(name);                                                                                   \
		if (passed != NULL)                                                                                            \
			return (__extension__(type(*) parameters) passed)arguments;                                                \
		BEGIN(name, conn);                                                                                             \
		if (call.real == NULL)                                                                                         \
			return failure;                                                                                            \
		if (!traced)                                                                                                   \
			return REAL(type, parameters) arguments;                                                                   \
		struct overlap overlap = overlap_enter(&call, conn);                                                           \
		call.began = call_now_coarse();                                                                                \
		type answer = REAL(type, parameters) arguments;                                                                \
		overlap_leave(overlap); /* recording it may have to wait */                                                    \
		TELL(verb);                                                                                                    \
		return answer;                                                                                                 \
	}

/* Gives `object` back: recorded before the real call, after which its address may be another's at once.  Drivers clear
 * NULL all the time. */
#define GIVING_BACK(name, parameters, arguments, object, verb)                                                         \
	DEFINE(void, name, parameters)                                                                                     \
	{                                                                                                                  \
		void *passed = PASSED(name);                                                                                   \
		if (passed != NULL) {                                                                                          \
			(__extension__(void(*) parameters) passed) arguments;                                                      \
			return;                                                                                                    \
		}                                                                                                              \
		BEGIN(name, object);                                                                                           \
		if (traced && (object) != NULL)                                                                                \
			TELL(verb);                                                                                                \
		if (call.real != NULL)                                                                                         \
			REAL(void, parameters) arguments;                                                                          \
	}

/* --- connections --- */

/* Its duration is what the host wants to know: an exact clock. */
#define CONNECT(name, parameters, arguments)                                                                           \
	DEFINE(PGconn *, name, parameters)                                                                                 \
	{                                                                                                                  \
		BEGIN(name, NULL);                                                                                             \
		if (call.real == NULL)                                                                                         \
			return NULL;                                                                                               \
		call.began = call_now();                                                                                       \
		PGconn *opened = REAL(PGconn *, parameters) arguments;                                                         \
		if (traced)                                                                                                    \
			TELL(verb_connected(&call, opened));                                                                       \
		return opened;                                                                                                 \
	}
#define CONNECT_START CONNECT

#define POLL(name, parameters, arguments)                                                                              \
	TALKING(PostgresPollingStatusType, name, parameters, arguments, PGRES_POLLING_FAILED,                              \
			verb_polled(&call, conn, answer))

/* Talks to the server, and connects: an exact clock. */
#define RESET(name, parameters, arguments)                                                                             \
	DEFINE(void, name, parameters)                                                                                     \
	{                                                                                                                  \
		BEGIN(name, conn);                                                                                             \
		if (call.real == NULL)                                                                                         \
			return;                                                                                                    \
		struct overlap overlap = traced ? overlap_enter(&call, conn) : (struct overlap){0};                            \
		call.began = call_now();                                                                                       \
		REAL(void, parameters) arguments;                                                                              \
		overlap_leave(overlap);                                                                                        \
		if (traced)                                                                                                    \
			TELL(verb_reset(&call, conn));                                                                             \
	}

/* It leaves the connection before the real call: after it the address may be another connection's. */
#define FINISH(name, parameters, arguments)                                                                            \
	GIVING_BACK(name, parameters, arguments, conn,                                                                     \
				(overlap_leave(overlap_enter(&call, conn)), verb_finishing(&call, conn)))

#define PROBE(name, parameters, arguments)                                                                             \
	ANSWERING(PGPing, name, parameters, arguments, NULL, PQPING_NO_ATTEMPT, (void)0)

/* --- functions that answer 0 or 1 and are, at least, a use --- */

#define USING(name, parameters, arguments, verb) TALKING(int, name, parameters, arguments, 0, verb)
#define RESET_START(name, parameters, arguments) USING(name, parameters, arguments, verb_used(&call, conn, 0))
#define SEND(name, parameters, arguments) USING(name, parameters, arguments, verb_sent(&call, conn, query, answer))
#define SEND_NAMED(name, parameters, arguments) USING(name, parameters, arguments, verb_sent(&call, conn, NULL, answer))
#define SEND_PREPARE(name, parameters, arguments)                                                                      \
	USING(name, parameters, arguments, verb_sent_prepare(&call, conn, stmtName, query, answer))
#define SEND_CLOSE(name, parameters, arguments)                                                                        \
	USING(name, parameters, arguments, verb_sent_close(&call, conn, stmtName, answer))

/* --- results --- */

#define RESULT(name, parameters, arguments, verb) TALKING(PGresult *, name, parameters, arguments, NULL, verb)
#define QUERY(name, parameters, arguments) RESULT(name, parameters, arguments, verb_queried(&call, conn, query, answer))
#define ASK(name, parameters, arguments) RESULT(name, parameters, arguments, verb_queried(&call, conn, NULL, answer))
#define FETCH(name, parameters, arguments) RESULT(name, parameters, arguments, verb_fetched(&call, conn, answer))
#define PREPARE(name, parameters, arguments)                                                                           \
	RESULT(name, parameters, arguments, verb_prepared(&call, conn, stmtName, query, answer))
#define CLOSE_PREPARED(name, parameters, arguments)                                                                    \
	RESULT(name, parameters, arguments, verb_closed_prepared(&call, conn, stmtName, answer))

#define MAKE(name, parameters, arguments)                                                                              \
	ANSWERING(PGresult *, name, parameters, arguments, conn, NULL, verb_made(&call, answer))
#define COPY_RESULT(name, parameters, arguments)                                                                       \
	ANSWERING(PGresult *, name, parameters, arguments, src, NULL, verb_made(&call, answer))
#define CLEAR(name, parameters, arguments) GIVING_BACK(name, parameters, arguments, res, verb_clearing(&call, res))

/* --- cancel handles, and memory --- */

#define LEND(name, parameters, arguments, type, kind, parent)                                                          \
	ANSWERING(type, name, parameters, arguments, parent, NULL, verb_lent(&call, kind, answer, parent))
#define DEFAULTS(name, parameters, arguments) LEND(name, parameters, arguments, PQconninfoOption *, KIND_MEMORY, NULL)
#define PARSE(name, parameters, arguments)                                                                             \
	ANSWERING(PQconninfoOption *, name, parameters, arguments, NULL, NULL, verb_parsed(&call, answer, errmsg))
#define GIVE_BACK(name, parameters, arguments, kind)                                                                   \
	GIVING_BACK(name, parameters, arguments, held, verb_giving_back(&call, kind, held))

/* --- COPY, and large objects --- */

#define GET_COPY(name, parameters, arguments)                                                                          \
	TALKING(int, name, parameters, arguments, -2, verb_got_row(&call, conn, buffer, answer))
#define END_COPY(name, parameters, arguments)                                                                          \
	TALKING(int, name, parameters, arguments, 1, verb_used(&call, conn, answer == 0 ? EVENT_IS_DRAINED : 0))

#define LO_OPEN(name, parameters, arguments)                                                                           \
	TALKING(int, name, parameters, arguments, -1, verb_lo_opened(&call, conn, answer))
#define LO_USE(name, parameters, arguments, type, failure)                                                             \
	TALKING(type, name, parameters, arguments, failure, verb_used(&call, conn, EVENT_IS_QUERY))
#define LO_CLOSE(name, parameters, arguments)                                                                          \
	TALKING(int, name, parameters, arguments, -1, verb_lo_closed(&call, conn, fd, answer))

#define HOOK(verb, ...) verb(__VA_ARGS__)
#include "preload/libpq/hooks.def"

void *const wrappers[HOOK_COUNT] = {
#define HOOK(verb, name, ...) __extension__(void *) pqleak_wrapper_##name,
#include "preload/libpq/hooks.def"
};

void wrappers_range(const void **ret_low, const void **ret_high)
{
	enum hook last = 0;
	size_t bytes = 0;
	*ret_low = wrappers[0];
	for (enum hook h = 0; h < HOOK_COUNT; h++) {
		*ret_low = wrappers[h] < *ret_low ? wrappers[h] : *ret_low;
		last = wrappers[h] > wrappers[last] ? h : last;
	}
	elf_own_symbol(elf_self()->map, libpq_function_names[last], &bytes);
	*ret_high = (const char *)wrappers[last] + bytes;
}
