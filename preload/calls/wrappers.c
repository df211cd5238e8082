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
#include "preload/calls/verbs-often.h"
#include "preload/elf/visibility.h"

/* See DEFINE_PASSING: a call in the place of the jump would make us our own caller, and what the host does go unseen. */
#ifndef __OPTIMIZE__
#error "wrappers.c needs an optimizing compiler: -O1 at least"
#endif

/* In a section of their own, so that a frame of theirs can be told from others of this library. */
#define IN_SECTION __attribute__((section("pqleak_wrappers")))
#define WRAPPER EXPORT IN_SECTION
extern const char __start_pqleak_wrappers[] HIDDEN, __stop_pqleak_wrappers[] HIDDEN;

/* The exported function, and the hidden second name by which thunks and tables reach it without a relocation. */
#define DEFINE(type, name, parameters)                                                                                 \
	extern __typeof__(type) name parameters WRAPPER;                                                                   \
	extern __typeof__(type) pqleak_wrapper_##name parameters HIDDEN __attribute__((alias(#name)));                     \
	type name parameters

/*
 * The same of a function that libpq calls for its own purposes, too, or that is given NULL.  What passes needs no frame
 * of ours; all else goes on with a jump, which the compiler makes of a last call, to a function that has the host's
 * arguments and return address as its own.
 */
#define DEFINE_PASSING(type, name, parameters, passes)                                                                 \
	extern __typeof__(type) pqleak_traced_##name parameters HIDDEN IN_SECTION __attribute__((noinline));               \
	DEFINE(type, name, parameters)                                                                                     \
	{                                                                                                                  \
		passes;                                                                                                        \
	}                                                                                                                  \
	type pqleak_traced_##name parameters

/* `object` tells which libpq is meant where the caller's address does not; NULL: it is not asked. */
#define BEGIN(name, object)                                                                                            \
	struct call call = {.hook = HOOK_##name, .frame = __builtin_frame_address(0)};                                     \
	bool traced = call_begin(&call, HOOK_##name, object, __builtin_return_address(0))

#define PASSED(name) call_passing(HOOK_##name, __builtin_return_address(0))
#define PASSED_NULL(name) call_passing_null(HOOK_##name, __builtin_return_address(0))

#define FUNCTION(type, parameters, address) (__extension__(type(*) parameters) address)
#define REAL(type, parameters) FUNCTION(type, parameters, call.real)

/* What a call meant is recorded without the host's errno being another afterwards. */
#define TELL(verb)                                                                                                     \
	do {                                                                                                               \
		int error = errno;                                                                                             \
		verb;                                                                                                          \
		errno = error;                                                                                                 \
	} while (0)

/* --- the shapes of functions --- */

#define DEFINE_ANSWERING(type, name, parameters, arguments)                                                            \
	DEFINE_PASSING(type, name, parameters, void *passed = PASSED(name);                                                \
				   return passed != NULL ? FUNCTION(type, parameters, passed) arguments                                \
										 : pqleak_traced_##name arguments)

/* Answers a value; `tells`: whether that is worth telling the verb. */
#define ANSWERING(type, name, parameters, arguments, object, failure, tells, verb)                                     \
	DEFINE_ANSWERING(type, name, parameters, arguments)                                                                \
	{                                                                                                                  \
		BEGIN(name, object);                                                                                           \
		if (call.real == NULL)                                                                                         \
			return failure;                                                                                            \
		type answer = REAL(type, parameters) arguments;                                                                \
		if (traced && (tells))                                                                                         \
			TELL(verb);                                                                                                \
		return answer;                                                                                                 \
	}

/* The same for those that talk to the server: two threads may be inside them on one connection.  `began`: what is asked
 * for when the call began. */
#define TALKING_AT(began_at, type, name, parameters, arguments, failure, verb)                                         \
	DEFINE_ANSWERING(type, name, parameters, arguments)                                                                \
	{                                                                                                                  \
		BEGIN(name, conn);                                                                                             \
		if (call.real == NULL)                                                                                         \
			return failure;                                                                                            \
		if (!traced)                                                                                                   \
			return REAL(type, parameters) arguments;                                                                   \
		struct overlap overlap = overlap_enter(&call, conn);                                                           \
		began_at;                                                                                                      \
		type answer = REAL(type, parameters) arguments;                                                                \
		overlap_leave(overlap); /* recording it may have to wait */                                                    \
		TELL(verb);                                                                                                    \
		return answer;                                                                                                 \
	}

#define TALKING(type, name, parameters, arguments, failure, verb)                                                      \
	TALKING_AT(call.began = call_now_coarse(), type, name, parameters, arguments, failure, verb)

/* The same for those that send something and wait for the answer. */
#define WAITING(type, name, parameters, arguments, failure, verb)                                                      \
	TALKING_AT((call.began = call_now_coarse(), overlap = overlap_wait(overlap, &call, conn)), type, name, parameters, \
			   arguments, failure, verb)

/* Gives `object` back: recorded before the real call, after which its address may be another's at once.  Drivers clear
 * NULL all the time. */
#define GIVING_BACK(name, parameters, arguments, object, verb)                                                         \
	DEFINE_PASSING(                                                                                                    \
		void, name, parameters, void *passed = PASSED(name);                                                           \
		if (__builtin_expect((object) == NULL, 0) && passed == NULL) passed = PASSED_NULL(name); if (passed != NULL) { \
			FUNCTION(void, parameters, passed) arguments;                                                              \
			return;                                                                                                    \
		} pqleak_traced_##name arguments)                                                                              \
	{                                                                                                                  \
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
	ANSWERING(PGPing, name, parameters, arguments, NULL, PQPING_NO_ATTEMPT, false, (void)0)

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

#define RESULT(name, parameters, arguments, verb) WAITING(PGresult *, name, parameters, arguments, NULL, verb)
#define QUERY(name, parameters, arguments) RESULT(name, parameters, arguments, verb_queried(&call, conn, query, answer))
#define ASK(name, parameters, arguments) RESULT(name, parameters, arguments, verb_queried(&call, conn, NULL, answer))
/* It waits for what was sent, so that nothing depends on when it began. */
#define FETCH(name, parameters, arguments)                                                                             \
	TALKING_AT((void)0, PGresult *, name, parameters, arguments, NULL, verb_fetched(&call, conn, answer))
#define PREPARE(name, parameters, arguments)                                                                           \
	RESULT(name, parameters, arguments, verb_prepared(&call, conn, stmtName, query, answer))
#define CLOSE_PREPARED(name, parameters, arguments)                                                                    \
	RESULT(name, parameters, arguments, verb_closed_prepared(&call, conn, stmtName, answer))

#define MAKE(name, parameters, arguments)                                                                              \
	ANSWERING(PGresult *, name, parameters, arguments, conn, NULL, answer != NULL, verb_made(&call, answer))
#define COPY_RESULT(name, parameters, arguments)                                                                       \
	ANSWERING(PGresult *, name, parameters, arguments, src, NULL, answer != NULL, verb_made(&call, answer))
#define CLEAR(name, parameters, arguments) GIVING_BACK(name, parameters, arguments, res, verb_clearing(&call, res))

/* --- cancel handles, and memory --- */

#define LEND(name, parameters, arguments, type, kind, parent)                                                          \
	ANSWERING(type, name, parameters, arguments, parent, NULL, answer != NULL, verb_lent(&call, kind, answer, parent))
#define DEFAULTS(name, parameters, arguments) LEND(name, parameters, arguments, PQconninfoOption *, KIND_MEMORY, NULL)
#define PARSE(name, parameters, arguments)                                                                             \
	ANSWERING(PQconninfoOption *, name, parameters, arguments, NULL, NULL, true, verb_parsed(&call, answer, errmsg))
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
	WAITING(type, name, parameters, arguments, failure, verb_used(&call, conn, EVENT_IS_QUERY))
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
	*ret_low = __start_pqleak_wrappers;
	*ret_high = __stop_pqleak_wrappers;
}
