// SPDX-License-Identifier: PostgreSQL
/*
 * fold.h - what a process holds, and what it has done since the last save.
 *
 * Owns the state machine: events go in one by one; out come live connections
 * and other resources, counts of matched acquires and releases, and misuse.
 * It knows no trace and no SQL; of SQLite it uses the allocator only.  Times
 * are the events' own, numbers of stacks and texts are the spool's.  The drain feeds it, rows.c saves it.  This is what
 * the room shows to others; fold-store.c has all of it but fold_event.  Not thread-safe.
 */
#ifndef PQLEAK_TRACE_FOLD_FOLD_H
#define PQLEAK_TRACE_FOLD_FOLD_H

#include "trace/base/event.h"
#include "trace/fold/map.h"

enum connection_state {
	STATE_CONNECTED,
	STATE_FAILED,
	STATE_CONNECTING, /* not decided yet */
	STATE_INHERITED,  /* came by fork */
	STATE_COUNT
};

/* A statement as the settings allow it to be kept: its packed keyword, or its interned text.  Both 0: none. */
struct statement {
	uint64_t keyword;
	uint32_t text;
};

/* Resources that end with their connection, oldest first; indexes, 0 none. */
struct chain {
	uint32_t first;
	uint32_t last;
};

struct fold_connection {
	uint64_t address;
	int64_t row; /* its row id, given when it was first seen */
	uint64_t acquired;
	uint64_t connect_ns;
	uint64_t used;
	uint64_t released;
	uint64_t queries;
	uint64_t acquire_event; /* the number of the one that opened it */
	uint64_t last_event;    /* the number of the last one that took something from its session; 0: none did */
	uint64_t use_event;     /* the same, but for its release; while there is none 0 */
	uint64_t before;        /* when it was used last before its last turn, 0: it was not */
	uint64_t before_event;  /* last_event of then */
	uint64_t moves;         /* uses by another thread than the one before */
	struct statement statement;
	struct chain held[KIND_COUNT]; /* of those that are told apart BY_ADDRESS there is none here */
	uint32_t held_queries;         /* length of that chain */
	uint32_t unlisted_queries;     /* in flight behind those, too many to remember */
	uint32_t backend_pid;
	uint32_t resets;
	uint32_t next_free; /* of a place in fold.connections that is free */
	uint32_t thread;
	uint32_t function;
	uint32_t stack;
	uint32_t target;
	uint32_t setting;
	uint32_t use_function;
	uint32_t use_stack;
	uint32_t use_thread;
	uint32_t inside_stack; /* the use before its last statement, if that was inside a transaction */
	uint32_t before_stack;
	uint32_t before_thread;
	uint32_t release_thread;
	uint32_t release_stack;
	uint32_t broken_stack;
	uint32_t pile;   /* while it counts in one; 0: it does not */
	uint64_t broken; /* when a use first found it gone */
	uint64_t broken_idle_ns;
	uint8_t state; /* enum connection_state */
	uint8_t error; /* enum connect_error */
	uint8_t transaction;
	uint8_t before_transaction;
	bool is_broken;   /* the broken_ fields say something */
	bool is_stored;   /* its row is in the trace */
	bool is_touched;  /* it is in fold.touched */
	bool is_used;     /* the use_ fields say something */
	bool is_released; /* no longer live; `released` is set */
	bool was_seen;    /* its release was: the release_ fields say something */
};

/* A resource of any kind but a connection. */
struct fold_resource {
	uint64_t address;   /* BY_NUMBER: the hash of a statement's name, a large object's descriptor + 1; BY_STATE: of its
						   connection */
	int64_t row;        /* its row id, or 0 while it has none */
	int64_t connection; /* row id of its connection, or 0 */
	uint64_t acquired;
	struct statement statement;
	uint64_t bytes;
	uint32_t rows;
	uint32_t thread;
	uint32_t function;
	uint32_t stack;
	uint32_t previous; /* neighbours among those without a row, 0 none */
	uint32_t next;     /* the same; of a free place, the next one */
	uint32_t pile;     /* as in a connection */
	uint8_t status;
	uint8_t kind; /* enum resource_kind */
	/* Of those in a chain only, else not even initialised: */
	uint32_t owner;  /* index of the connection */
	uint32_t before; /* neighbours in the connection's chain */
	uint32_t after;
	uint32_t use_stack; /* transaction: the last use inside it */
	uint32_t idle_stack;
	uint64_t used;
	uint64_t idle_ns; /* transaction: the longest gap between two uses inside it */
};

/* What became of what was asked for: only what came to the same end can be compared. */
enum fold_outcome {
	OUTCOME_NONE,       /* as it should be, or its kind has none */
	OUTCOME_FAILED,     /* never connected; the result of an error */
	OUTCOME_CONNECTING, /* not decided when it was released */
	OUTCOME_COUNT
};

/*
 * Matched acquires and releases since the last save.  KIND_NONE: nothing was released, but a connection that
 * acquire_stack opened was used again, after a use by release_stack that had left it idle; if that ended a transaction,
 * idle_stack was the use before it.
 */
struct fold_pair {
	uint8_t kind;    /* enum resource_kind */
	uint8_t outcome; /* enum fold_outcome */
	uint32_t acquire_stack;
	uint32_t release_stack;
	uint32_t idle_stack;
	uint64_t count;
	uint64_t total_ns;
	uint64_t longest_ns;
	uint64_t longest_idle_ns;
};

/* The most that one stack had open at once. */
struct fold_pile {
	uint64_t most_at; /* when that was first reached */
	uint64_t until;   /* when it was no longer so many, 0: they still are */
	uint32_t stack;
	uint32_t open; /* now */
	uint32_t most;
	uint8_t kind;    /* enum resource_kind */
	bool is_changed; /* since the last save */
};

struct fold_reset {
	int64_t connection;
	uint64_t at;
	uint32_t stack;
	uint32_t backend_pid;
	uint32_t previous_pid;
};

/* Calls that must not be, since the last save; the same ones may stand in several. */
struct fold_misuse {
	uint64_t count;
	uint64_t first;
	uint64_t last;
	int64_t connection; /* row id, or 0 */
	uint32_t stack;
	uint32_t acquire_stack;
	uint32_t release_stack;
	uint32_t function;
	uint8_t kind; /* enum misuse_kind */
};

/* What was given back at an address, for as long as its place is not needed for another. */
struct fold_past {
	uint64_t address; /* 0: nothing */
	int64_t connection;
	uint64_t number; /* of the event that gave it back */
	uint32_t acquire_stack;
	uint32_t release_stack;
};

struct fold {
	bool is_forked;          /* an unknown connection may have come from the parent */
	bool has_lost;           /* events were lost: from here on nothing unknown accuses, and no time is sure */
	uint64_t now;            /* time of an event of those that are not folded several at once */
	uint64_t position;       /* number of the event that is being folded, from 1; whoever feeds the fold counts */
	uint64_t times;          /* how often it was made: 1, but where the spool counts */
	uint64_t taken_off;      /* events that have a number and no place in the spool: it counts them */
	int64_t next_connection; /* the row id the next new connection gets */
	int64_t turn;  /* whose turn it is: the connection that sent a statement last, unless one was opened since; or 0 */
	uint32_t open; /* connections that are connected and our own */
	uint32_t peak; /* most of them at once, as far as this fold has seen */
	uint64_t peak_at; /* when that was first reached */

	/* Live objects and those released since the last save.  Items are reused; index 0 is none. */
	struct array connections;    /* of struct fold_connection */
	struct array resources;      /* of struct fold_resource */
	uint32_t free_connection;    /* the first free place; the others follow by next_free */
	uint32_t free_resource;      /* the same, by next */
	struct map live_connections; /* address to index */
	struct map live_resources;   /* store_key to index; of kinds that are told apart BY_STATE there is none */
	uint64_t last_address;       /* the connection looked up last: most events mean the same one */
	uint32_t last_index;
	struct fold_past *finished; /* connections; NULL before the first */
	struct fold_past *cleared;  /* results */

	struct array piles;    /* of struct fold_pile */
	struct map pile_index; /* kind and stack to index */

	/* What a save must write.  fold_saved empties all of it. */
	struct array touched;        /* of uint32_t: connections that are new or changed */
	uint32_t unsaved_resource;   /* latest live resource without a row */
	struct array gone_resources; /* of int64_t: rows of resources that were released */
	struct array pairs;          /* of struct fold_pair */
	struct map pair_index;
	struct array resets;       /* of struct fold_reset */
	struct array misuses;      /* of struct fold_misuse */
	uint64_t unseen_releases;  /* addresses handed out again without a release */
	uint64_t unknown_releases; /* releases without an acquire */
	uint64_t damaged;          /* events that make no sense */
	int64_t counted;           /* events that the spool only counts, less the places of these counts */
	bool has_new_end;
	uint8_t end; /* enum process_end */
	uint64_t ended;
};

/* Begin with {0} and these two.  False when memory is short. */
bool fold_init(struct fold *fold, bool is_forked);
void fold_done(struct fold *fold);

/* Folds one event, in the order of the spool.  False when memory is short: the fold is then of no more use. */
bool fold_event(struct fold *fold, const struct event *event);

/*
 * Folds so many that lie one behind the other; the one behind the last would be number `position`, if none were taken
 * off before it.
 */
bool fold_events(struct fold *fold, const struct event *event, size_t count, uint64_t position);

/*
 * Takes up a live object that an earlier drain has saved; the row id says which.  Resources come after the connections,
 * the oldest first; `connection_index` is the index of theirs, 0 none.
 */
bool fold_restore_connection(struct fold *fold, const struct fold_connection *connection, uint32_t *ret_index);
bool fold_restore_resource(struct fold *fold, const struct fold_resource *resource, uint32_t connection_index);

static inline struct fold_connection *fold_connection(const struct fold *fold, uint32_t index)
{
	return (struct fold_connection *)fold->connections.items + index;
}

static inline struct fold_resource *fold_resource(const struct fold *fold, uint32_t index)
{
	return (struct fold_resource *)fold->resources.items + index;
}

/* All of the lists are in the trace now, and every resource on the list of unsaved ones has its row id. */
void fold_saved(struct fold *fold);

#endif
