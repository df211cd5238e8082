// SPDX-License-Identifier: PostgreSQL
/*
 * between.h - how long it is from one time to another, whatever times a trace has.
 *
 * Called by whoever computes with them in C: a difference that does not fit is the most there is, not a negative one.
 * SQL needs no such help.
 */
#ifndef PQLEAK_ANALYZER_BASE_BETWEEN_H
#define PQLEAK_ANALYZER_BASE_BETWEEN_H

#include <stdint.h>

/* 0: `to_ns` is not later. */
static inline int64_t between(int64_t from_ns, int64_t to_ns)
{
	int64_t ns;

	if (to_ns <= from_ns)
		return 0;
	return __builtin_sub_overflow(to_ns, from_ns, &ns) ? INT64_MAX : ns;
}

/* Of so many equal parts of that time: how long one is, so that `to_ns` lies in the last of them. */
static inline int64_t part_between(int64_t from_ns, int64_t to_ns, int count)
{
	int64_t part = between(from_ns, to_ns) / count;

	return part < INT64_MAX ? part + 1 : part;
}

/* Or the most there is, or the least. */
static inline int64_t sum_that_fits(int64_t one, int64_t other)
{
	int64_t sum;

	if (__builtin_add_overflow(one, other, &sum))
		return one < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

#endif
