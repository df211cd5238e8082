// SPDX-License-Identifier: PostgreSQL
/*
 * timeline.h - open connections over time, by call site, and the lives of some of them.
 *
 * Owns the TEMP tables that begin with timeline_ and lane_ (places.sql, marks.sql and lane-spans.sql say what they
 * hold) and the TEMP table timeline.  Called by whatever shows them.  Never prints anything but errors.
 */
#ifndef PQLEAK_ANALYZER_TIMELINE_TIMELINE_H
#define PQLEAK_ANALYZER_TIMELINE_TIMELINE_H

#include <sqlite3.h>
#include <stdbool.h>

#define TIMELINE_SITES 200 /* that have a series of their own; the rest is site -1 */
#define TIMELINE_SHOWN 8   /* that a picture tells apart */

/* After findings_make() with a choice of a timeline; time is parted into so many.  False: it failed and said so. */
bool timeline_make(sqlite3 *db, int buckets);

/* lane_span and lane_point, of the connections in TEMP TABLE lane; the same. */
bool lanes_make(sqlite3 *db);

#endif
