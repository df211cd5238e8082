// SPDX-License-Identifier: PostgreSQL
/*
 * event.h - one recorded call, and the names of what it can say.
 *
 * Owns the layout of an event and the closed lists of verbs, kinds and ends.
 * The shim writes events into a spool, the fold turns them into rows; both
 * sides include this header.  It knows neither libpq nor SQLite: the status
 * bytes are libpq's enums passed through as numbers.
 */
#ifndef PQLEAK_TRACE_EVENT_H
#define PQLEAK_TRACE_EVENT_H

#include <assert.h>
#include <stdint.h>

enum event_verb {
	EVENT_NONE = 0,
	EVENT_ACQUIRE,     /* object was handed out */
	EVENT_RELEASE,     /* object is about to be given back */
	EVENT_OUTCOME,     /* a connection attempt begun earlier was decided */
	EVENT_USE,         /* a connection was used and handed out nothing */
	EVENT_RESET,       /* a connection keeps its identity, has a new backend */
	EVENT_END,         /* the process ends; status is an enum process_end */
	EVENT_END_REVOKED, /* it did not: an exec failed */
};

enum resource_kind {
	KIND_NONE = 0,
	KIND_CONNECTION,
	KIND_RESULT,
};

/* How a process ended.  All but ABORT, KILLED and UNKNOWN are of its own will. */
enum process_end {
	END_RUNNING = 0,
	END_EXIT,       /* return from main, exit() */
	END_RAW_EXIT,   /* _exit(), _Exit() */
	END_QUICK_EXIT, /* quick_exit() */
	END_EXEC,       /* replaced by another program */
	END_ABORT,      /* abort() */
	END_KILLED,     /* a signal, seen by the launcher */
	END_UNKNOWN,    /* gone without a word */
};

enum event_flag {
	EVENT_IS_QUERY = 1 << 0, /* this call sent a statement to the server */
};

/*
 * 64 bytes: one cache line, and one store of the head publishes it.
 * Interned numbers (stack, text, function) index the spool's blobs; 0 is none.
 */
struct event {
	uint64_t time;        /* ns, CLOCK_MONOTONIC; for an acquire, when the call began */
	uint64_t duration;    /* ns spent inside the call, where that was measured */
	uint64_t object;      /* address of the resource; an identity only until its release */
	uint64_t parent;      /* address of the connection a result came from, or 0 */
	uint64_t value;       /* connection: backend PID; query: its leading keyword, packed */
	uint32_t stack;       /* interned stack, innermost frame first */
	uint32_t thread;      /* kernel thread id */
	uint32_t text;        /* connection: interned target; query: interned statement */
	uint32_t function;    /* interned name of the libpq function */
	uint8_t verb;         /* enum event_verb */
	uint8_t kind;         /* enum resource_kind */
	uint8_t status;       /* ConnStatusType, ExecStatusType or enum process_end */
	uint8_t transaction;  /* PGTransactionStatusType after the call (before a release) */
	uint8_t flags;        /* enum event_flag */
	uint8_t reserved[3];
};

static_assert(sizeof(struct event) == 64, "an event is one cache line");

/* A leading keyword: up to 12 letters A-Z, five bits each, the first lowest. */
#define KEYWORD_LETTERS 12

#endif
