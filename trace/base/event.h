// SPDX-License-Identifier: PostgreSQL
/*
 * event.h - one recorded call, and what it can say.
 *
 * Owns the layout of an event and the closed lists: verbs, kinds, misuses, errors, ends.
 * The shim writes events into a spool, the fold turns them into rows; both
 * sides include this header.  It knows neither libpq nor SQLite: the status
 * bytes are libpq's enums passed through as numbers.
 */
#ifndef PQLEAK_TRACE_BASE_EVENT_H
#define PQLEAK_TRACE_BASE_EVENT_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/* Each closed list has its names in a trace beside its numbers; 0 is none of them. */
// clang-format off
#define EVENT_VERBS(VERB) \
	VERB(ACQUIRE, "acquire") /* object was handed out */ \
	VERB(RELEASE, "release") /* object is about to be given back */ \
	VERB(OUTCOME, "outcome") /* a connection attempt begun earlier was decided */ \
	VERB(USE, "use") /* a connection was used and handed out nothing */ \
	VERB(RESET, "reset") /* a connection keeps its identity, has a new backend */ \
	VERB(END, "end") /* the process ends; status is an enum process_end */ \
	VERB(END_REVOKED, "end revoked") /* it did not: an exec failed */ \
	VERB(MISUSE, "misuse") /* the shim saw a call that must not be; detail is an enum misuse_kind */ \
	VERB(AGAIN, "again") /* no call: how often those before it were made again; see again.h of the spool */
// clang-format on
#define EVENT_NUMBER(verb, name) EVENT_##verb,
enum event_verb { EVENT_NONE = 0, EVENT_VERBS(EVENT_NUMBER) EVENT_COUNT };

enum resource_kind {
	KIND_NONE = 0,
#define KIND(name, ...) KIND_##name,
#include "trace/base/kinds.def"
	KIND_COUNT
};

/* What tells a live resource from others of its kind. */
enum kind_key {
	BY_NOTHING, /* there is no such kind */
	BY_ADDRESS, /* its own address */
	BY_NUMBER,  /* a number within its connection: the hash of a statement's name, a large object's descriptor */
	BY_STATE,   /* nothing: it is a state of its connection */
};

static inline enum kind_key kind_key(enum resource_kind kind)
{
	switch (kind) {
#define KIND(name, text, key, ...)                                                                                     \
	case KIND_##name:                                                                                                  \
		return key;
#include "trace/base/kinds.def"
	case KIND_NONE:
	case KIND_COUNT:
		break;
	}
	return BY_NOTHING;
}

// clang-format off
/*
 * Calls that must not be: the name, one and several of it in texts, and whether some programs do it by design: it is
 * a note then.  All but TWO_THREADS are seen by the fold.
 */
#define MISUSES(MISUSE) \
	MISUSE(USE_AFTER_FINISH, "use after finish", "use of a finished connection", "uses of a finished connection", false) \
	MISUSE(FINISHED_TWICE, "finished twice", "connection finished twice", "connections finished twice", false) \
	MISUSE(CLEARED_TWICE, "cleared twice", "result cleared twice", "results cleared twice", false) \
	MISUSE(USED_IN_CHILD, "used in child", /* breaks the parent's session */ \
		   "use of an inherited connection", "uses of an inherited connection", false) \
	MISUSE(FINISHED_IN_CHILD, "finished in child", /* the same, by PQfinish */ \
		   "inherited connection finished", "inherited connections finished", false) \
	MISUSE(TWO_THREADS, "two threads", /* a call on a connection while another thread was inside one */ \
		   "use of a connection by two threads at once", "uses of a connection by two threads at once", false) \
	MISUSE(FINISHED_IN_TRANSACTION, "finished in transaction", \
		   "connection finished in a transaction", "connections finished in a transaction", true) \
	MISUSE(FINISHED_WITH_QUERY, "finished with query", /* sent and not drained */ \
		   "connection finished with a query running", "connections finished with a query running", true) \
	MISUSE(FINISHED_IN_COPY, "finished in copy", \
		   "connection finished inside a COPY", "connections finished inside a COPY", true)

/* Why a connection attempt failed, as far as its message tells. */
#define CONNECT_ERRORS(ERROR) \
	ERROR(OTHER, "other") \
	ERROR(REFUSED, "refused") \
	ERROR(TIMEOUT, "timeout") \
	ERROR(AUTHENTICATION, "authentication") \
	ERROR(TOO_MANY, "too many clients") /* or connections of a role or database */ \
	ERROR(HOST, "no such host") \
	ERROR(SOCKET, "no such socket") /* of the Unix domain, with a path; one without is refused */ \
	ERROR(SOCKET_PATH, "socket path too long") \
	ERROR(PERMISSION, "permission denied") /* to connect to the socket */ \
	ERROR(UNREACHABLE, "unreachable") /* no way to the host */ \
	ERROR(DATABASE, "no such database") /* or no such role */ \
	ERROR(UNAVAILABLE, "unavailable") /* starting up, shutting down, in recovery */ \
	ERROR(SSL, "ssl") \
	ERROR(PARAMETER, "parameter") /* the connection string itself is wrong */

/* How a process ended.  All but ABORT, KILLED and UNKNOWN are of its own will. */
#define PROCESS_ENDS(END) \
	END(EXIT, "exit") /* return from main, exit() */ \
	END(RAW_EXIT, "_exit") /* _exit(), _Exit() */ \
	END(QUICK_EXIT, "quick_exit") /* quick_exit() */ \
	END(EXEC, "exec") /* replaced by another program */ \
	END(ABORT, "abort") /* abort() */ \
	END(KILLED, "killed") /* a signal, seen by the launcher */ \
	END(UNKNOWN, "unknown") /* gone without a word */
// clang-format on

#define MISUSE_NUMBER(misuse, ...) MISUSE_##misuse,
enum misuse_kind { MISUSE_NONE = 0, MISUSES(MISUSE_NUMBER) MISUSE_COUNT };

/* A call on a connection that came through fork: a misuse only where the process has not taken that over. */
static inline bool misuse_is_in_child(uint8_t kind)
{
	return kind == MISUSE_USED_IN_CHILD || kind == MISUSE_FINISHED_IN_CHILD;
}

#define ERROR_NUMBER(error, name) CONNECT_ERROR_##error,
enum connect_error { CONNECT_ERROR_NONE = 0, CONNECT_ERRORS(ERROR_NUMBER) CONNECT_ERROR_COUNT };

#define END_NUMBER(end, name) END_##end,
enum process_end { END_RUNNING = 0, PROCESS_ENDS(END_NUMBER) END_COUNT };

enum event_flag {
	EVENT_IS_QUERY = 1 << 0,    /* this call sent a statement to the server */
	EVENT_IS_SEND = 1 << 1,     /* and did not wait: a query is in flight until a fetch returns NULL */
	EVENT_IS_DRAINED = 1 << 2,  /* after this call nothing is in flight: PQgetResult returned NULL, or an exec waited */
	EVENT_IS_BROKEN = 1 << 3,   /* after this call the connection is CONNECTION_BAD, and was not before */
	EVENT_IN_PIPELINE = 1 << 4, /* the connection is in pipeline mode: a NULL ends one query of several */
};

/*
 * 64 bytes: one cache line, and one store of the head publishes it.
 * Interned numbers (stack, text, function) index the spool's blobs; 0 is none.
 */
struct event {
	uint64_t time;       /* ns, CLOCK_MONOTONIC; for an acquire, when the call began */
	uint64_t duration;   /* ns spent inside the call, where that was measured; result: the bytes it holds, and above
							them (<< EVENT_BYTES_BITS) the ms spent inside the call, where that was measured */
	uint64_t object;     /* address of the resource; an identity only until its release */
	uint64_t parent;     /* address of the connection a result came from, or 0 */
	uint64_t value;      /* connection: backend PID, and above it (<< 32) its interned settings; query: its keyword;
							misuse: the other thread */
	uint32_t stack;      /* interned stack, innermost frame first */
	uint32_t thread;     /* kernel thread id */
	uint32_t text;       /* connection: interned target; query: interned statement */
	uint32_t rows;       /* result: PQntuples; others 0 */
	uint16_t function;   /* interned name of the libpq function; interned before all else, so the number is small */
	uint8_t verb;        /* enum event_verb */
	uint8_t kind;        /* enum resource_kind */
	uint8_t status;      /* ConnStatusType, ExecStatusType or enum process_end */
	uint8_t transaction; /* PGTransactionStatusType after the call (before a release) */
	uint8_t flags;       /* enum event_flag */
	uint8_t detail;      /* enum connect_error of a failed connect; enum misuse_kind */
};

static_assert(sizeof(struct event) == 64, "an event is one cache line");

#define EVENT_BYTES_BITS 40

/* A leading keyword: up to 12 letters A-Z, five bits each, the first lowest. */
#define KEYWORD_LETTERS 12

#endif
