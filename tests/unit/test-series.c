// SPDX-License-Identifier: PostgreSQL
/*
 * test-series.c - the maxima of a timeline are exact: the sweep against a count of every moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyzer/timeline/series.h"

#define MANY 400
#define LINES 12
#define BUCKETS 7
#define LAST_NS 2000

struct one {
	int64_t open_ns, close_ns;
	size_t line;
};

static int by_opening(const void *one, const void *other)
{
	const struct one *a = one, *b = other;

	return a->open_ns < b->open_ns ? -1 : a->open_ns > b->open_ns;
}

/* Of which each close is at a time of its own, or at that of an opening; one in ten stays. */
static void make(struct one ones[MANY])
{
	unsigned seed = 7;

	for (int i = 0; i < MANY; i++) {
		ones[i].open_ns = rand_r(&seed) % LAST_NS;
		ones[i].close_ns = rand_r(&seed) % 10 == 0 ? SERIES_NEVER : ones[i].open_ns + rand_r(&seed) % 300;
		ones[i].line = (size_t)rand_r(&seed) % LINES;
	}
	qsort(ones, MANY, sizeof ones[0], by_opening);
}

/* Open at this moment, after all that happens in it; `line` LINES: any. */
static uint32_t open_at(const struct one ones[MANY], size_t line, int64_t at_ns)
{
	uint32_t open = 0;

	for (int i = 0; i < MANY; i++)
		open += (line == LINES || ones[i].line == line) && ones[i].open_ns <= at_ns && ones[i].close_ns > at_ns;
	return open;
}

/* What was open when the bucket began counts, too. */
static uint32_t most_in(const struct one ones[MANY], size_t line, int64_t begin_ns, int64_t end_ns)
{
	uint32_t most = begin_ns > 0 ? open_at(ones, line, begin_ns - 1) : 0;

	for (int64_t at_ns = begin_ns; at_ns < end_ns; at_ns++)
		if (open_at(ones, line, at_ns) > most)
			most = open_at(ones, line, at_ns);
	return most;
}

static void maxima_are_exact(void **state)
{
	static struct one ones[MANY];
	struct series series;

	(void)state;
	make(ones);
	assert_true(series_begin(&series, 0, LAST_NS + 300, BUCKETS, LINES));
	for (int i = 0; i < MANY; i++)
		/* What is given back in the moment in which it was opened was open, if only then. */
		assert_true(series_add(&series, ones[i].line, ones[i].open_ns, ones[i].open_ns,
							   ones[i].close_ns == ones[i].open_ns ? ++ones[i].close_ns : ones[i].close_ns));
	series_finish(&series);
	for (int b = 0; b < BUCKETS; b++) {
		int64_t begin_ns = b * series.width_ns, end_ns = begin_ns + series.width_ns;
		uint32_t parts = 0;
		for (size_t line = 0; line <= LINES; line++) {
			const struct series_line *of = line == LINES ? &series.all : &series.line[line];
			assert_int_equal(of->buckets[b].most, most_in(ones, line, begin_ns, end_ns));
			assert_true(of->buckets[b].most_ns >= begin_ns && of->buckets[b].most_ns < end_ns);
		}
		for (size_t part = 0; part < SERIES_PARTS; part++)
			parts += series.parts[b][part];
		assert_int_equal(parts, series.all.buckets[b].most);
		assert_int_equal(series.parts[b][3], open_at(ones, 3, series.all.buckets[b].most_ns));
	}
	series_done(&series);
}

static void nothing_is_counted_twice(void **state)
{
	struct series series;

	(void)state;
	assert_true(series_begin(&series, 0, 99, 10, 1));
	assert_true(series_add(&series, 0, 0, 5, 20) && series_add(&series, 0, 10, 20, 40));
	series_fail(&series, 0, 50);
	series_count(&series, 0, 60);
	series_finish(&series);
	assert_int_equal(series.all.most, 1); /* one is closed when the other is opened */
	assert_int_equal(series.all.opened, 3);
	assert_int_equal(series.all.failed, 1);
	assert_int_equal(series.all.open, 0);
	assert_int_equal(series.all.buckets[5].failed, 1);
	assert_int_equal(series.all.buckets[6].most, 0); /* it is not known how long it was open */
	series_done(&series);
}

static void holds_are_known_to_three_percent(void **state)
{
	struct series series;

	(void)state;
	assert_true(series_begin(&series, 0, 1000000000, 10, 2));
	for (int64_t i = 1; i <= 1000; i++)
		assert_true(series_add(&series, 1, 0, 0, i * 1000003));
	series_finish(&series);
	int64_t half = series_held(&series.line[1], 0.5), most = series_held(&series.line[1], 0.99);
	assert_true(half >= 500 * INT64_C(1000003) && half <= 516 * INT64_C(1000003));
	assert_true(most >= 990 * INT64_C(1000003) && most <= 1000 * INT64_C(1000003));
	assert_int_equal(series_held(&series.line[1], 1), 1000 * INT64_C(1000003));
	assert_int_equal(series_held(&series.line[0], 0.5), -1);
	series_done(&series);
}

/* A leak of one a second, a pool that opens ten at once, and what is there for a moment. */
static void growth_is_that_of_the_later_half(void **state)
{
	struct series series;
	double growth = 0;

	(void)state;
	assert_true(series_begin(&series, 0, INT64_C(60000000000) - 1, 60, 3));
	for (int64_t i = 0; i < 10; i++)
		assert_true(series_add(&series, 2, 0, 0, SERIES_NEVER));
	for (int64_t i = 0; i < 60; i++)
		assert_true(series_add(&series, 1, i * 1000000000, i * 1000000000, SERIES_NEVER));
	series_finish(&series);
	assert_true(series_growth(&series, &series.line[1], &growth));
	assert_true(growth > 59.9 && growth < 60.1);
	assert_true(series_growth(&series, &series.line[2], &growth));
	assert_true(growth == 0);
	assert_false(series_growth(&series, &series.line[0], &growth));
	series_done(&series);
}

/* A trace that somebody made can say that something was open for longer than there are numbers for. */
static void times_may_be_anything(void **state)
{
	static const int64_t ends[][2] = {{INT64_MIN, INT64_MAX},
									  {INT64_MIN, INT64_MAX - 59},
									  {INT64_MIN, INT64_MAX - 60},
									  {-5000000000000000000, 5000000000000000000}};

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		for (int count = 1; count <= 60; count += 59) {
			struct series series;
			double growth;
			assert_true(series_begin(&series, ends[i][0], ends[i][1], count, 1));
			assert_true(series.width_ns > 0);
			for (int64_t at_ns = ends[i][0]; at_ns < 0; at_ns = at_ns / 2 + 1000000000)
				assert_true(series_add(&series, 0, ends[i][0], at_ns, ends[i][1] - 1));
			assert_true(series_add(&series, 0, 5, 0, -5) &&
						series_add(&series, 0, INT64_MIN, ends[i][1], SERIES_NEVER));
			series_finish(&series);
			int64_t opened = 0;
			for (int b = 0; b < count; b++)
				opened += series.all.buckets[b].opened;
			assert_int_equal(opened, series.all.opened);
			assert_int_equal(series.all.open, 1);
			assert_true(series_held(&series.line[0], 1) > 0);
			series_growth(&series, &series.all, &growth);
			series_done(&series);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maxima_are_exact),
		cmocka_unit_test(nothing_is_counted_twice),
		cmocka_unit_test(holds_are_known_to_three_percent),
		cmocka_unit_test(growth_is_that_of_the_later_half),
		cmocka_unit_test(times_may_be_anything),
	};
	return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
