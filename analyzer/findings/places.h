// SPDX-License-Identifier: PostgreSQL
/*
 * places.h - what each place in the code does with its connections.
 *
 * Owns TEMP TABLE stack_habit: how many connections a stack opened in a process, how
 * long they lived, and how often they were used.  Filled by the tally's scan,
 * so that a trace is read once.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_PLACES_H
#define PQLEAK_ANALYZER_FINDINGS_PLACES_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/* A connection as the scan sees it. */
struct place_visit {
	int64_t process, stack, id;
	bool connected, failed, released;
	int64_t acquired_ns, released_ns, connect_ns;
	int64_t queries;
	int64_t broken_ns, broken_idle_ns; /* 0: it never broke */
};

struct places;

/* For TEMP TABLE stack_habit.  `late_ns`: holds of this length count as late; 0: none does.  NULL: memory is short. */
struct places *places_new(sqlite3 *db, int64_t late_ns);

/* Counts one; in the order of their ids. */
bool places_count(struct places *places, const struct place_visit *visit);

/* Writes what is left; then free them. */
bool places_flush(struct places *places);
void places_free(struct places *places);

#endif
