// SPDX-License-Identifier: PostgreSQL
/*
 * habits.c - what each stack does with its connections; see habits.h.
 *
 * A table of fixed size in memory, added to the TEMP TABLE when it is full, as
 * in tally.c and for the same reason.
 */
#include "analyzer/findings/habits.h"

#include <stdlib.h>

#include "analyzer/base/between.h"
#include "analyzer/base/query.h"

extern const char habit_add_sql[];

#define SLOTS 16384u /* a power of two */
#define MOST_HABITS (SLOTS / 4 * 3)
#define FEW_QUERIES 2

struct habit {
	int64_t process, stack;
	bool failed;
	int64_t connections; /* 0: the slot is free */
	int64_t released, few, queries, held_ns, connect_ns, late, longest_ns, longest_id, broken, broken_idle_ns,
		broken_id;
};

struct habits {
	sqlite3 *db;
	int64_t late_ns;
	unsigned used;
	uint16_t numbers[MOST_HABITS]; /* of the slots that are used */
	struct habit slots[SLOTS];
};

struct habits *habits_new(sqlite3 *db, int64_t late_ns)
{
	struct habits *habits = calloc(1, sizeof *habits);

	if (habits == NULL)
		return NULL;
	habits->db = db;
	habits->late_ns = late_ns;
	return habits;
}

bool habits_flush(struct habits *habits)
{
	QUERY_CLEANUP add = query_prepare(habits->db, habit_add_sql);
	bool failed = add == NULL;

	for (unsigned i = 0; i < habits->used && !failed; i++) {
		struct habit *p = &habits->slots[habits->numbers[i]];
		failed =
			!query_put(add, AS_NUMBER(p->process), AS_NUMBER(p->stack), AS_NUMBER(p->failed), AS_NUMBER(p->connections),
					   AS_NUMBER(p->released), AS_NUMBER(p->few), AS_NUMBER(p->queries), AS_NUMBER(p->held_ns),
					   AS_NUMBER(p->connect_ns), AS_NUMBER(p->late), AS_NUMBER(p->longest_ns), AS_NUMBER(p->longest_id),
					   AS_NUMBER(p->broken), AS_NUMBER(p->broken_idle_ns), AS_NUMBER(p->broken_id));
		*p = (struct habit){0};
	}
	habits->used = 0;
	return !failed;
}

static struct habit *find_slot(struct habits *habits, const struct habit_visit *visit)
{
	uint64_t hash = ((uint64_t)visit->stack * 31 + (uint64_t)visit->process) * UINT64_C(0x9e3779b97f4a7c15);

	for (size_t at = hash >> 40 & (SLOTS - 1);; at = (at + 1) & (SLOTS - 1)) {
		struct habit *habit = &habits->slots[at];
		if (habit->connections == 0 ||
			(habit->process == visit->process && habit->stack == visit->stack && habit->failed == visit->failed))
			return habit;
	}
}

static void count_hold(struct habit *habit, const struct habit_visit *visit, int64_t late_ns)
{
	int64_t held = between(visit->acquired_ns, visit->released_ns);

	habit->released++;
	if (visit->connected && visit->queries <= FEW_QUERIES) {
		habit->few++;
		habit->queries = sum_that_fits(habit->queries, visit->queries);
		habit->held_ns = sum_that_fits(habit->held_ns, held);
		habit->connect_ns = sum_that_fits(habit->connect_ns, visit->connect_ns);
	}
	if (late_ns > 0 && held >= late_ns)
		habit->late++;
	if (held > habit->longest_ns) {
		habit->longest_ns = held;
		habit->longest_id = visit->id;
	}
}

bool habits_count(struct habits *habits, const struct habit_visit *visit)
{
	if (habits->used >= MOST_HABITS && !habits_flush(habits))
		return false;
	struct habit *habit = find_slot(habits, visit);
	if (habit->connections++ == 0) {
		habit->process = visit->process;
		habit->stack = visit->stack;
		habit->failed = visit->failed;
		habits->numbers[habits->used++] = (uint16_t)(habit - habits->slots);
	}
	if (visit->released)
		count_hold(habit, visit, habits->late_ns);
	if (visit->broken_ns > 0) {
		if (habit->broken++ == 0 || visit->broken_idle_ns > habit->broken_idle_ns) {
			habit->broken_idle_ns = visit->broken_idle_ns;
			habit->broken_id = visit->id;
		}
	}
	return true;
}

void habits_free(struct habits *habits)
{
	free(habits);
}
