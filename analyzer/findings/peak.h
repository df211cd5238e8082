// SPDX-License-Identifier: PostgreSQL
/*
 * peak.h - the most connections that were open at once.
 *
 * Owns TEMP TABLE found_peak (acquire_stack, open): the stacks whose
 * connections were open then; empty unless it was asked for.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_PEAK_H
#define PQLEAK_ANALYZER_FINDINGS_PEAK_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct peak {
	int64_t open;    /* in all processes together, or in `process` when `whole` is false */
	int64_t at_ns;   /* when that was reached first */
	int64_t process; /* id of the process with the highest peak of its own */
	int64_t process_open;
	bool whole; /* the trace was small enough to add its processes up, or has one only */
};

/* Reads the peak; false: it failed and said so. */
bool peak_find(sqlite3 *db, struct peak *ret);

/* Makes found_peak; with `sites` it reads the connections once and fills it. */
bool peak_sites(sqlite3 *db, const struct peak *peak, bool sites);

#endif
