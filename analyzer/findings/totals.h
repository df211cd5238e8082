// SPDX-License-Identifier: PostgreSQL
/*
 * totals.h - the numbers of a report.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_TOTALS_H
#define PQLEAK_ANALYZER_FINDINGS_TOTALS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/words/kinds.h"

/* The most connections that were open at once. */
struct peak {
	int64_t open;    /* in all processes together, or in `process` when `whole` is false */
	int64_t at_ns;   /* when that was reached first */
	int64_t process; /* id of the process with the highest peak of its own */
	bool too_many;   /* more than --max-open allows */
	bool whole;      /* the trace was small enough to add its processes up, or has one only */
	bool looked;     /* for where each of them was opened */
};

struct totals {
	int64_t count[KIND_COUNT][VERDICT_COUNT];
	int64_t manner[KIND_COUNT][MANNER_COUNT]; /* of what was released */
	int64_t found[KIND_COUNT][VERDICT_COUNT]; /* of these, what findings without an excuse speak of */
	int64_t groups[KIND_COUNT];               /* findings without an excuse that leaked */
	const char *group_noun;                   /* what a finding stands for: "call site", "stack", ... */
	int64_t misuse[MISUSE_COUNT];             /* without an excuse */
	int64_t stale;                            /* suppressions that have expired or matched nothing */
	int64_t excused, excused_groups, excused_misuse;
	bool fails; /* the check does, whatever the trace may lack */
	int64_t failing,
		forgiven;  /* so many resources would, were none tolerated, and so many more were they not forgiven */
	int64_t notes; /* that a text report shows */
	int64_t idle_ns,
		idle_groups; /* the longest time a transaction was left idle, and findings of such; without an excuse */
	struct peak peak;
	int64_t failed; /* connections that were never connected */
	int64_t processes;
	int64_t reasons;  /* why this trace cannot prove that nothing leaked; 0: it can */
	int64_t accepted; /* of these, what --allow-unseen accepts */
};

/* Reads them from the tables that findings_make() made; false: it failed and said so. */
bool totals_count(sqlite3 *db, const char *group_by, struct totals *ret);

/* What leaked and fails the check: connections and results. */
int64_t totals_leaked(const struct totals *totals);

/* What was not released at the end and is shown only: the other kinds. */
int64_t totals_shown(const struct totals *totals);

/* Connections that were given back, but abandoned before, or not by the code; and transactions that were left idle. */
int64_t totals_lived(const struct totals *totals);

/* How many connections and results have this verdict; and how many of them findings without an excuse speak of. */
int64_t totals_of(const struct totals *totals, enum verdict verdict);
int64_t totals_found(const struct totals *totals, enum verdict verdict);

/* How many of a kind were ever handed out to the traced processes; inherited ones were not. */
int64_t totals_acquired(const struct totals *totals, enum resource_kind kind);

/* Neither released nor leaked: what is still open or was at death; of what fails the check also that of which nobody
 * can tell. */
int64_t totals_open(const struct totals *totals);

/* Misuses that are no program's design. */
int64_t totals_misuse(const struct totals *totals);

#endif
