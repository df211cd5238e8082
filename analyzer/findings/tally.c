// SPDX-License-Identifier: PostgreSQL
/*
 * tally.c - one scan over all resources, counted into a small table; see stages.h.
 *
 * SQLite can only group by sorting or by one index lookup a row: 10 s and 18 s
 * for ten million connections, where this takes 3.  The groups live in a table
 * of fixed size in memory, of which a small trace touches little; when that is
 * full it is added to the TEMP table, which SQLite keeps in a file.
 */
#include "analyzer/findings/stages.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/findings/habits.h"
#include "analyzer/words/kinds.h"

extern const char tally_add_sql[];

#define SLOTS 65536u /* a power of two */
#define MOST_GROUPS (SLOTS / 4 * 3)
#define MOST_FUNCTIONS 256 /* of libpq that acquire, among which are far fewer */

enum tally_state {
	STATE_NONE,
	STATE_CONNECTED,
	STATE_FAILED,
	STATE_CONNECTING,
	STATE_INHERITED,
	STATE_REPEATED, /* a statement: prepared by the same stack on the same connection as others */
	STATE_COUNT
};

static const char *const state_names[] = {
	[STATE_NONE] = "",
	[STATE_CONNECTED] = "connected",
	[STATE_FAILED] = "failed",
	[STATE_CONNECTING] = "connecting",
	[STATE_INHERITED] = "inherited",
	[STATE_REPEATED] = "repeated",
};

/* The columns of the views tally_connection, tally_handed_over and tally_resource. */
enum {
	C_KIND,
	C_PROCESS,
	C_RELEASED,
	C_STATE,
	C_STACK,
	C_FUNCTION,
	C_TARGET,
	C_TRANSACTION,
	C_ACQUIRED,
	C_USED,
	C_ID,
	C_USED_ID,
	C_ROWS,
	C_BYTES,
	C_OUTLIVED,
	C_RELEASED_NS, /* and what follows: of connections only */
	C_CONNECT,
	C_QUERIES,
	C_BROKEN,
	C_BROKEN_IDLE,
};

/* What tells one group from another.  Compared byte for byte: no padding. */
struct group_key {
	int64_t process;
	int64_t stack;
	int64_t target;
	int32_t function; /* index in the tally's */
	int8_t transaction;
	int8_t kind;
	int8_t state;
	int8_t released;
};

static_assert(sizeof(struct group_key) == 32, "a group key has no padding");

struct group {
	struct group_key key;
	int64_t count; /* 0: the slot is free */
	int64_t first_ns, last_ns, used_ns;
	int64_t first_id, used_id;
	int64_t rows, bytes, outlived;
};

struct tally {
	sqlite3 *db;
	struct group *slots;
	uint32_t *used; /* those that are not free, as many as there are groups */
	unsigned groups;
	char *functions[MOST_FUNCTIONS]; /* that acquired what was not released; the first is none */
	int32_t function_count;
};

static enum tally_state state_of(const char *name)
{
	for (int state = STATE_NONE; state < STATE_COUNT; state++)
		if (strcmp(name, state_names[state]) == 0)
			return (enum tally_state)state;
	return STATE_NONE;
}

/* The number of a function; one is often followed by the same. */
static int32_t function_of(struct tally *tally, const char *name)
{
	for (int32_t i = tally->function_count; i-- > 0;)
		if (strcmp(tally->functions[i], name) == 0)
			return i;
	char *copy = tally->function_count < MOST_FUNCTIONS ? strdup(name) : NULL;
	if (copy == NULL)
		return -1;
	tally->functions[tally->function_count] = copy;
	return tally->function_count++;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

static struct group *find_slot(struct group *slots, const struct group_key *key)
{
	uint64_t hash = mix(mix(0, (uint64_t)key->stack), (uint64_t)key->process);
	hash = mix(mix(hash, (uint64_t)key->target), (uint64_t)key->function << 8 | (uint8_t)key->transaction);
	hash = mix(hash, (uint64_t)key->kind * 64 + (uint64_t)key->state * 2 + (uint64_t)key->released);

	for (size_t at = hash & (SLOTS - 1);; at = (at + 1) & (SLOTS - 1))
		if (slots[at].count == 0 || memcmp(&slots[at].key, key, sizeof *key) == 0)
			return &slots[at];
}

static bool flush(struct tally *tally)
{
	QUERY_CLEANUP add = query_prepare(tally->db, tally_add_sql);
	bool failed = add == NULL;

	for (unsigned i = 0; i < tally->groups && !failed; i++) {
		struct group *g = &tally->slots[tally->used[i]];
		failed = !query_put(add, AS_TEXT(kind_name((uint8_t)g->key.kind)), AS_NUMBER(g->key.process),
							AS_NUMBER(g->key.stack), AS_TEXT(tally->functions[g->key.function]),
							AS_NUMBER(g->key.target), AS_NUMBER(g->key.transaction), AS_TEXT(state_names[g->key.state]),
							AS_NUMBER(g->key.released), AS_NUMBER(g->count), AS_NUMBER(g->first_ns),
							AS_NUMBER(g->last_ns), AS_NUMBER(g->used_ns), AS_NUMBER(g->first_id), AS_NUMBER(g->used_id),
							AS_NUMBER(g->rows), AS_NUMBER(g->bytes), AS_NUMBER(g->outlived));
		g->count = 0;
	}
	tally->groups = 0;
	return !failed;
}

static void count(struct tally *tally, struct group *group, const struct group_key *key, sqlite3_stmt *row)
{
	int64_t acquired = sqlite3_column_int64(row, C_ACQUIRED);
	int64_t used = sqlite3_column_int64(row, C_USED);
	int64_t id = sqlite3_column_int64(row, C_ID);

	if (group->count++ == 0) {
		*group = (struct group){.key = *key, .count = 1, .first_ns = acquired, .last_ns = acquired, .first_id = id};
		tally->used[tally->groups++] = (uint32_t)(group - tally->slots);
	}
	if (acquired < group->first_ns)
		group->first_ns = acquired;
	if (acquired > group->last_ns)
		group->last_ns = acquired;
	if (id < group->first_id)
		group->first_id = id;
	if (used > group->used_ns) {
		group->used_ns = used;
		group->used_id = sqlite3_column_int64(row, C_USED_ID);
	}
	group->rows += sqlite3_column_int64(row, C_ROWS);
	group->bytes += sqlite3_column_int64(row, C_BYTES);
	group->outlived += sqlite3_column_int64(row, C_OUTLIVED);
}

static bool visit_habit(struct habits *habits, const struct group_key *key, sqlite3_stmt *row)
{
	struct habit_visit visit = {.process = key->process,
								.stack = sqlite3_column_int64(row, C_STACK),
								.id = sqlite3_column_int64(row, C_ID),
								.connected = key->state == STATE_CONNECTED,
								.failed = key->state == STATE_FAILED,
								.released = key->released != 0,
								.acquired_ns = sqlite3_column_int64(row, C_ACQUIRED),
								.released_ns = sqlite3_column_int64(row, C_RELEASED_NS),
								.connect_ns = sqlite3_column_int64(row, C_CONNECT),
								.queries = sqlite3_column_int64(row, C_QUERIES),
								.broken_ns = sqlite3_column_int64(row, C_BROKEN),
								.broken_idle_ns = sqlite3_column_int64(row, C_BROKEN_IDLE)};

	/* The parent's connection is not the child's habit. */
	return key->state == STATE_INHERITED || habits_count(habits, &visit);
}

/* `habits`: of connections, else NULL. */
static bool scan(struct tally *tally, const char *sql, bool released, struct habits *habits)
{
	QUERY_CLEANUP row = query_prepare(tally->db, sql);
	bool failed = false;

	while (query_next(row, &failed)) {
		/* A kind that this build does not know cannot be named; its views do not speak of it either. */
		enum resource_kind kind = kind_find(query_text(row, C_KIND));
		if (kind == KIND_NONE)
			continue;
		struct group_key key = {.process = sqlite3_column_int64(row, C_PROCESS),
								.kind = (int8_t)kind,
								.released = (int8_t)sqlite3_column_int(row, C_RELEASED),
								.state = (int8_t)state_of(query_text(row, C_STATE))};
		if (released || !key.released) {
			key.stack = sqlite3_column_int64(row, C_STACK);
			key.target = sqlite3_column_int64(row, C_TARGET);
			key.transaction = (int8_t)sqlite3_column_int(row, C_TRANSACTION);
		}
		if (!key.released && (key.function = function_of(tally, query_text(row, C_FUNCTION))) < 0)
			return refuse("out of memory, or the trace names functions that libpq has not");
		if (habits != NULL && !visit_habit(habits, &key, row))
			return false;
		if (tally->groups >= MOST_GROUPS && !flush(tally))
			return false;
		count(tally, find_slot(tally->slots, &key), &key, row);
	}
	return !failed;
}

/* To prepare what reads it takes longer than to see that there is nothing. */
static bool is_none(sqlite3 *db, const char *table)
{
	char sql[64];

	snprintf(sql, sizeof sql, "SELECT NOT EXISTS (SELECT 1 FROM %s)", table);
	return query_number(db, sql, 0) != 0;
}

bool tally_fill(sqlite3 *db, const struct report_choice *choice)
{
	struct habits *habits = habits_new(db, choice->held_ns);
	struct tally tally = {
		.db = db, .slots = calloc(SLOTS, sizeof *tally.slots), .used = calloc(MOST_GROUPS, sizeof *tally.used)};
	bool done = (habits != NULL && tally.slots != NULL && tally.used != NULL) || refuse("out of memory");

	done = done && function_of(&tally, "") == 0;
	done = done && scan(&tally, "SELECT * FROM tally_connection", choice->all, habits) &&
		   (is_none(db, "handover") || scan(&tally, "SELECT * FROM tally_handed_over", choice->all, habits)) &&
		   habits_flush(habits) &&
		   (is_none(db, "main.resource") || scan(&tally, "SELECT * FROM tally_resource", choice->all, NULL)) &&
		   flush(&tally);
	free(tally.slots);
	free(tally.used);
	while (tally.function_count > 0)
		free(tally.functions[--tally.function_count]);
	habits_free(habits);
	return done;
}
