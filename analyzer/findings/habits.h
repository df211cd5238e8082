// SPDX-License-Identifier: PostgreSQL
/*
 * habits.h - what each stack does with its connections.
 *
 * Owns TEMP TABLE stack_habit: how many connections a stack opened in a process, how
 * long they lived, and how often they were used.  Filled by the tally's scan,
 * so that a trace is read once.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_HABITS_H
#define PQLEAK_ANALYZER_FINDINGS_HABITS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/* A connection as the scan sees it. */
struct habit_visit {
	int64_t process, stack, id;
	bool connected, failed, released;
	int64_t acquired_ns, released_ns, connect_ns;
	int64_t queries;
	int64_t broken_ns, broken_idle_ns; /* 0: it never broke */
};

struct habits;

/* For TEMP TABLE stack_habit.  `late_ns`: holds of this length count as late; 0: none does.  NULL: memory is short. */
struct habits *habits_new(sqlite3 *db, int64_t late_ns);

/* Counts one; in the order of their ids. */
bool habits_count(struct habits *habits, const struct habit_visit *visit);

/* Writes what is left; then free them. */
bool habits_flush(struct habits *habits);
void habits_free(struct habits *habits);

#endif
