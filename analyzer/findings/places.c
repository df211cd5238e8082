// SPDX-License-Identifier: PostgreSQL
/*
 * places.c - what each place does with its connections; see places.h.
 *
 * A table of fixed size in memory, added to the TEMP TABLE when it is full, as
 * in tally.c and for the same reason.
 */
#include "analyzer/findings/places.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/query.h"
#include "analyzer/reading/statements.h"

#define SLOTS 16384u /* a power of two */
#define MOST_PLACES (SLOTS / 4 * 3)
#define FEW_QUERIES 2

struct place {
	int64_t process, stack;
	bool failed;
	int64_t connections; /* 0: the slot is free */
	int64_t released, few, queries, held_ns, connect_ns, late, longest_ns, longest_id, broken, broken_idle_ns,
		broken_id;
};

struct places {
	sqlite3 *db;
	int64_t late_ns;
	unsigned used;
	struct place slots[SLOTS];
};

struct places *places_new(sqlite3 *db, int64_t late_ns)
{
	struct places *places = calloc(1, sizeof *places);

	if (places == NULL)
		return NULL;
	places->db = db;
	places->late_ns = late_ns;
	return places;
}

bool places_flush(struct places *places)
{
	QUERY_CLEANUP add = query_prepare(places->db, habit_add_sql);
	bool failed = add == NULL;

	for (size_t i = 0; i < SLOTS && !failed; i++) {
		const struct place *p = &places->slots[i];
		if (p->connections == 0)
			continue;
		const int64_t values[] = {p->connections,    p->released, p->few,        p->queries,    p->held_ns,
								  p->connect_ns,     p->late,     p->longest_ns, p->longest_id, p->broken,
								  p->broken_idle_ns, p->broken_id};
		sqlite3_bind_int64(add, 1, p->process);
		sqlite3_bind_int64(add, 2, p->stack);
		sqlite3_bind_int(add, 3, p->failed);
		for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
			sqlite3_bind_int64(add, 4 + (int)v, values[v]);
		query_next(add, &failed);
		sqlite3_reset(add);
	}
	memset(places->slots, 0, sizeof places->slots);
	places->used = 0;
	return !failed;
}

static struct place *find_slot(struct places *places, const struct place_visit *visit)
{
	uint64_t hash = ((uint64_t)visit->stack * 31 + (uint64_t)visit->process) * UINT64_C(0x9e3779b97f4a7c15);

	for (size_t at = hash >> 40 & (SLOTS - 1);; at = (at + 1) & (SLOTS - 1)) {
		struct place *place = &places->slots[at];
		if (place->connections == 0 ||
			(place->process == visit->process && place->stack == visit->stack && place->failed == visit->failed))
			return place;
	}
}

static void count_hold(struct place *place, const struct place_visit *visit, int64_t late_ns)
{
	int64_t held = visit->released_ns - visit->acquired_ns;

	place->released++;
	if (visit->connected && visit->queries <= FEW_QUERIES) {
		place->few++;
		place->queries += visit->queries;
		place->held_ns += held;
		place->connect_ns += visit->connect_ns;
	}
	if (late_ns > 0 && held >= late_ns)
		place->late++;
	if (held > place->longest_ns) {
		place->longest_ns = held;
		place->longest_id = visit->id;
	}
}

bool places_count(struct places *places, const struct place_visit *visit)
{
	if (places->used >= MOST_PLACES && !places_flush(places))
		return false;
	struct place *place = find_slot(places, visit);
	if (place->connections++ == 0) {
		place->process = visit->process;
		place->stack = visit->stack;
		place->failed = visit->failed;
		places->used++;
	}
	if (visit->released)
		count_hold(place, visit, places->late_ns);
	if (visit->broken_ns > 0) {
		if (place->broken++ == 0 || visit->broken_idle_ns > place->broken_idle_ns) {
			place->broken_idle_ns = visit->broken_idle_ns;
			place->broken_id = visit->id;
		}
	}
	return true;
}

void places_free(struct places *places)
{
	free(places);
}
