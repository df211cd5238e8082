// SPDX-License-Identifier: PostgreSQL
/*
 * tally.c - one scan over all resources, counted into a small table; see tally.h.
 *
 * SQLite can only group by sorting or by one index lookup a row: 10 s and 18 s
 * for ten million connections, where this takes 3.  The groups live in a table
 * of fixed size in memory; when that is full it is added to the TEMP table,
 * which SQLite keeps in a file.
 */
#include "analyzer/tally.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/message.h"
#include "analyzer/query.h"

#define SLOTS 65536u /* a power of two */
#define MOST_GROUPS (SLOTS / 4 * 3)

enum tally_state { STATE_NONE, STATE_CONNECTED, STATE_FAILED, STATE_CONNECTING, STATE_INHERITED };

static const char *const state_names[] = {
	[STATE_NONE] = "",
	[STATE_CONNECTED] = "connected",
	[STATE_FAILED] = "failed",
	[STATE_CONNECTING] = "connecting",
	[STATE_INHERITED] = "inherited",
};

/* What tells one group from another.  Compared byte for byte: no padding. */
struct group_key {
	int64_t process;
	int64_t stack;
	int64_t target;
	int32_t transaction;
	int16_t state;
	int16_t released;
};

static_assert(sizeof(struct group_key) == 32, "a group key has no padding");

struct group {
	struct group_key key;
	int64_t count; /* 0: the slot is free */
	int64_t first_ns, last_ns, used_ns;
	int64_t first_id, used_id;
};

struct tally {
	sqlite3 *db;
	const char *kind;
	struct group *slots;
	unsigned groups;
};

static const char tally_sql[] =
	"DROP TABLE IF EXISTS temp.tally;"
	"CREATE TEMP TABLE tally ("
	"  kind, process, acquire_stack, target, transaction_status, state, released,"
	"  count, first_ns, last_ns, used_ns,"
	"  first_id, used_id," /* the earliest one, and the one used last */
	"  PRIMARY KEY (kind, process, acquire_stack, target, transaction_status, state, released)"
	") WITHOUT ROWID";

/* The columns that scan() reads. */
static const char connection_sql[] =
	"SELECT process, released_ns IS NOT NULL, state, acquire_stack, ifnull(target, 0), transaction_status,"
	"       acquired_ns, ifnull(used_ns, 0), id FROM main.connection";
static const char result_sql[] =
	"SELECT r.process, 0, '', r.acquire_stack, ifnull(c.target, 0), -1, r.acquired_ns, 0, r.id"
	" FROM main.resource r LEFT JOIN main.connection c ON c.id = r.connection WHERE r.kind = 'result'";

/* Cleared results have no row of their own. */
static const char fold_sql[] =
	"INSERT INTO tally SELECT 'result', process, CASE WHEN :released THEN acquire_stack ELSE 0 END AS stack,"
	" 0, -1, '', 1, sum(count), NULL, NULL, NULL, NULL, NULL FROM main.fold WHERE kind = 'result' GROUP BY process, "
	"stack";

static const char add_sql[] =
	"INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), ?, nullif(?, 0)) ON CONFLICT DO UPDATE SET"
	" count = count + excluded.count, first_ns = min(first_ns, excluded.first_ns),"
	" last_ns = max(last_ns, excluded.last_ns), first_id = min(first_id, excluded.first_id),"
	" used_id = CASE WHEN excluded.used_ns > ifnull(used_ns, 0) THEN excluded.used_id ELSE used_id END,"
	" used_ns = CASE WHEN excluded.used_ns > ifnull(used_ns, 0) THEN excluded.used_ns ELSE used_ns END";

static enum tally_state state_of(const char *name)
{
	if (name[0] == 'f')
		return STATE_FAILED;
	if (name[0] == 'i')
		return STATE_INHERITED;
	if (name[0] == '\0')
		return STATE_NONE;
	return strcmp(name, "connected") == 0 ? STATE_CONNECTED : STATE_CONNECTING;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

static struct group *find_slot(struct group *slots, const struct group_key *key)
{
	uint64_t hash = mix(mix(0, (uint64_t)key->stack), (uint64_t)key->process);
	hash = mix(mix(hash, (uint64_t)key->target), (uint64_t)key->transaction);
	hash = mix(hash, (uint64_t)key->state * 2 + (uint64_t)key->released);

	for (size_t at = hash & (SLOTS - 1);; at = (at + 1) & (SLOTS - 1))
		if (slots[at].count == 0 || memcmp(&slots[at].key, key, sizeof *key) == 0)
			return &slots[at];
}

static bool flush(struct tally *tally)
{
	QUERY_CLEANUP add = query_prepare(tally->db, add_sql);
	bool failed = add == NULL;

	for (size_t i = 0; i < SLOTS && !failed; i++) {
		const struct group *g = &tally->slots[i];
		if (g->count == 0)
			continue;
		const int64_t keys[] = {g->key.process, g->key.stack, g->key.target, g->key.transaction};
		const int64_t values[] = {g->key.released, g->count,    g->first_ns, g->last_ns,
								  g->used_ns,      g->first_id, g->used_id};
		sqlite3_bind_text(add, 1, tally->kind, -1, SQLITE_STATIC);
		for (int k = 0; k < 4; k++)
			sqlite3_bind_int64(add, 2 + k, keys[k]);
		sqlite3_bind_text(add, 6, state_names[g->key.state], -1, SQLITE_STATIC);
		for (int v = 0; v < 7; v++)
			sqlite3_bind_int64(add, 7 + v, values[v]);
		query_next(add, &failed);
		sqlite3_reset(add);
	}
	memset(tally->slots, 0, SLOTS * sizeof *tally->slots);
	tally->groups = 0;
	return !failed;
}

static void count(struct tally *tally, struct group *group, const struct group_key *key, sqlite3_stmt *row)
{
	int64_t acquired = sqlite3_column_int64(row, 6);
	int64_t used = sqlite3_column_int64(row, 7);
	int64_t id = sqlite3_column_int64(row, 8);

	if (group->count++ == 0) {
		*group = (struct group){.key = *key, .count = 1, .first_ns = acquired, .last_ns = acquired, .first_id = id};
		tally->groups++;
	}
	if (acquired < group->first_ns)
		group->first_ns = acquired;
	if (acquired > group->last_ns)
		group->last_ns = acquired;
	if (id < group->first_id)
		group->first_id = id;
	if (used > group->used_ns) {
		group->used_ns = used;
		group->used_id = id;
	}
}

static bool scan(struct tally *tally, const char *sql, bool released)
{
	QUERY_CLEANUP row = query_prepare(tally->db, sql);
	bool failed = row == NULL;

	while (!failed && query_next(row, &failed)) {
		struct group_key key = {.process = sqlite3_column_int64(row, 0),
								.released = (int16_t)sqlite3_column_int(row, 1),
								.state = (int16_t)state_of(query_text(row, 2))};
		if (released || !key.released) {
			key.stack = sqlite3_column_int64(row, 3);
			key.target = sqlite3_column_int64(row, 4);
			key.transaction = sqlite3_column_int(row, 5);
		}
		if (tally->groups >= MOST_GROUPS && !flush(tally))
			return false;
		count(tally, find_slot(tally->slots, &key), &key, row);
	}
	return !failed && flush(tally);
}

static bool add_folds(sqlite3 *db, bool released)
{
	QUERY_CLEANUP statement = query_prepare(db, fold_sql);
	bool failed = statement == NULL;

	if (failed)
		return false;
	sqlite3_bind_int(statement, 1, released);
	query_next(statement, &failed);
	return !failed;
}

bool tally_make(sqlite3 *db, bool released)
{
	if (!query_run(db, tally_sql))
		return false;
	struct tally connections = {.db = db, .kind = "connection", .slots = calloc(SLOTS, sizeof(struct group))};
	if (connections.slots == NULL)
		return fail(false, "out of memory");
	struct tally results = connections;
	results.kind = "result";
	bool done =
		scan(&connections, connection_sql, released) && scan(&results, result_sql, released) && add_folds(db, released);
	free(connections.slots);
	return done;
}
