// SPDX-License-Identifier: PostgreSQL
/*
 * fold.h - what a process holds, and what it has done, from its events.
 *
 * Owns the state machine between events and rows: which connections and
 * results are live, which acquires and releases matched, what changed since
 * the last save.  Pure: knows no SQLite, no spool and no blob; times are the
 * events' own, numbers of stacks and texts are the spool's.  The drain feeds
 * it, rows.c saves it.  Not thread-safe.
 */
#ifndef PQLEAK_TRACE_FOLD_H
#define PQLEAK_TRACE_FOLD_H

#include "event.h"
#include "map.h"

enum connection_state {
	STATE_CONNECTED,
	STATE_FAILED,
	STATE_CONNECTING, /* not decided yet */
	STATE_INHERITED,  /* came by fork */
};

#define TRANSACTION_UNKNOWN 4 /* PQTRANS_UNKNOWN */

/* A statement as the settings allow it to be kept: its packed keyword, or its interned text.  Both 0: none. */
struct statement {
	uint64_t keyword;
	uint32_t text;
};

struct fold_connection {
	uint64_t address;
	int64_t row; /* its row id, given when it was first seen */
	uint64_t acquired;
	uint64_t connect_ns;
	uint64_t used;
	uint64_t released;
	uint64_t queries;
	struct statement statement;
	uint32_t backend_pid;
	uint32_t resets;
	uint32_t thread;
	uint32_t function;
	uint32_t stack;
	uint32_t target;
	uint32_t use_function;
	uint32_t use_stack;
	uint32_t release_thread;
	uint32_t release_stack;
	uint8_t state; /* enum connection_state */
	uint8_t transaction;
	bool is_stored;   /* its row is in the trace */
	bool is_touched;  /* it is in fold.touched */
	bool is_used;     /* the use_ fields say something */
	bool is_released; /* no longer live; `released` is set */
	bool was_seen;    /* its release was: the release_ fields say something */
};

struct fold_result {
	uint64_t address;
	int64_t row;        /* its row id, or 0 while it has none */
	int64_t connection; /* row id of its connection, or 0 */
	uint64_t acquired;
	struct statement statement;
	uint32_t thread;
	uint32_t function;
	uint32_t stack;
	uint32_t previous; /* neighbours among those without a row, 0 none */
	uint32_t next;
	uint8_t status;
};

/* Matched acquires and releases since the last save. */
struct fold_pair {
	uint8_t kind; /* enum resource_kind */
	uint32_t acquire_stack;
	uint32_t release_stack;
	uint64_t count;
	uint64_t total_ns;
	uint64_t longest_ns;
};

struct fold_reset {
	int64_t connection;
	uint64_t at;
	uint32_t stack;
	uint32_t backend_pid;
};

struct fold {
	bool is_forked;          /* an unknown connection may have come from the parent */
	int64_t next_connection; /* the row id the next new connection gets */

	/* Live objects and those released since the last save.  Items are reused; index 0 is none. */
	struct array connections;    /* of struct fold_connection */
	struct array results;        /* of struct fold_result */
	uint32_t free_connection;    /* chained by their `thread` */
	uint32_t free_result;        /* chained by their `next` */
	struct map live_connections; /* address to index */
	struct map live_results;
	uint64_t last_address; /* the connection looked up last: most events mean the same one */
	uint32_t last_index;

	/* What a save must write.  fold_saved empties all of it. */
	struct array touched;      /* of uint32_t: connections that are new or changed */
	uint32_t unsaved_result;   /* first live result without a row */
	struct array gone_results; /* of int64_t: rows of results that were cleared */
	struct array pairs;        /* of struct fold_pair */
	struct map pair_index;
	struct array resets;       /* of struct fold_reset */
	uint64_t unseen_releases;  /* addresses handed out again without a release */
	uint64_t unknown_releases; /* releases without an acquire */
	uint64_t damaged;          /* events that make no sense */
	bool end_changed;
	uint8_t end; /* enum process_end */
	uint64_t ended;
};

/* Begin with {0} and these two.  False when memory is short. */
bool fold_init(struct fold *fold, bool is_forked);
void fold_done(struct fold *fold);

/* Folds one event, in the order of the spool.  False when memory is short: the fold is then of no more use. */
bool fold_event(struct fold *fold, const struct event *event);

/* Takes up a live object that an earlier drain has saved; the row id says which. */
bool fold_restore_connection(struct fold *fold, const struct fold_connection *connection);
bool fold_restore_result(struct fold *fold, const struct fold_result *result);

static inline struct fold_connection *fold_connection(const struct fold *fold, uint32_t index)
{
	return (struct fold_connection *)fold->connections.items + index;
}

static inline struct fold_result *fold_result(const struct fold *fold, uint32_t index)
{
	return (struct fold_result *)fold->results.items + index;
}

/* All of the lists are in the trace now, and every result on the list of unsaved ones has its row id. */
void fold_saved(struct fold *fold);

#endif
