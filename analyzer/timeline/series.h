// SPDX-License-Identifier: PostgreSQL
/*
 * series.h - open connections over time, exactly, in a bounded number of buckets.
 *
 * Owns the sweep: connections come in the order in which they were opened, and
 * wait in a heap for their end.  Each bucket knows the most that was open in it,
 * of each line and of all together; nothing is sampled.  Memory is that of the
 * buckets and of what is open at once.  Knows neither SQL nor call sites.
 */
#ifndef PQLEAK_ANALYZER_TIMELINE_SERIES_H
#define PQLEAK_ANALYZER_TIMELINE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_PARTS 9 /* the first lines, in what the highest moment of a bucket is made of; 0: all the others */
#define SERIES_NEVER INT64_MAX

struct series_bucket {
	uint32_t most;   /* open at once in it */
	uint32_t opened; /* connections that were connected in it */
	uint32_t closed; /* given back in it, by whatever */
	uint32_t failed; /* attempts that began in it */
	int64_t most_ns; /* when most was first reached: not before the bucket */
	int64_t last_ns; /* when it changed last; 0: not in it */
};

/* One call site, or all together. */
struct series_line {
	struct series_bucket *buckets;
	int64_t open; /* now; after series_finish() at the end */
	int64_t opened, failed, closed;
	int64_t left; /* the caller's: those that were never given back */
	int64_t most, most_ns;
	uint32_t *holds; /* how many were held how long; NULL: none yet */
	int64_t held, longest_ns;
};

struct series_end {
	int64_t at_ns;
	size_t line;
};

struct series {
	int64_t from_ns, to_ns, width_ns; /* of the whole, and of a bucket */
	int count;                        /* buckets */
	size_t lines;
	struct series_line all, *line;
	uint32_t (*parts)[SERIES_PARTS]; /* by bucket: what was open at its most_ns, by line */
	/* For series.c alone. */
	uint32_t now[SERIES_PARTS];
	int at; /* the bucket that the sweep is in */
	struct series_end *heap;
	size_t waiting, room;
};

/* Of times from `from_ns` to `to_ns`, both within; false: out of memory, which is printed. */
bool series_begin(struct series *ret, int64_t from_ns, int64_t to_ns, int count, size_t lines);

/* One that was connected, after those that were opened before it; SERIES_NEVER: it stays.  False: out of memory. */
bool series_add(struct series *series, size_t line, int64_t acquired_ns, int64_t open_ns, int64_t close_ns);

/* The same of a process whose events were lost: what it had open when is not known.  It is counted, no more. */
void series_count(struct series *series, size_t line, int64_t open_ns);

/* One that was not connected, in any order. */
void series_fail(struct series *series, size_t line, int64_t acquired_ns);

/* What still waits. */
void series_finish(struct series *series);

/* How long `share` of a line's connections were held at most, to 3 %; -1: unknown. */
int64_t series_held(const struct series_line *line, double share);

/*
 * By how many a line grew in a minute in the later half of its time, as a straight line through the buckets' maxima has
 * it.  False: it has too few buckets, or less than a second.
 */
bool series_growth(const struct series *series, const struct series_line *line, double *ret_per_minute);

void series_done(struct series *series);

#endif
