// SPDX-License-Identifier: PostgreSQL
/*
 * series.c - see series.h.
 */
#include "analyzer/timeline/series.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/array.h"
#include "analyzer/base/between.h"
#include "analyzer/base/message.h"

#define NS_PER_S INT64_C(1000000000)
#define CLASSES_BITS 5 /* each doubling of a hold has 32 classes: 3 % each */
#define HOLD_CLASSES ((64 - CLASSES_BITS) << CLASSES_BITS)
#define LEAST_BUCKETS 4 /* for a slope */

static bool line_begin(struct series_line *line, int count)
{
	*line = (struct series_line){.buckets = calloc((size_t)count, sizeof *line->buckets)};
	return line->buckets != NULL;
}

bool series_begin(struct series *ret, int64_t from_ns, int64_t to_ns, int count, size_t lines)
{
	*ret = (struct series){.from_ns = from_ns,
						   .to_ns = to_ns,
						   .width_ns = part_between(from_ns, to_ns, count),
						   .count = count,
						   .lines = lines,
						   .line = calloc(lines, sizeof *ret->line),
						   .parts = calloc((size_t)count, sizeof *ret->parts)};
	bool done = ret->line != NULL && ret->parts != NULL && line_begin(&ret->all, count);

	for (size_t i = 0; i < lines && done; i++)
		done = line_begin(&ret->line[i], count);
	return done || refuse("out of memory");
}

static void line_done(struct series_line *line)
{
	free(line->buckets);
	free(line->holds);
}

void series_done(struct series *series)
{
	for (size_t i = 0; i < series->lines && series->line != NULL; i++)
		line_done(&series->line[i]);
	line_done(&series->all);
	free(series->line);
	free(series->parts);
	free(series->heap);
	*series = (struct series){.line = NULL};
}

/* The last one has what comes later, and the first one what came before. */
static int bucket_of(const struct series *series, int64_t at_ns)
{
	int64_t bucket = between(series->from_ns, at_ns) / series->width_ns;

	return bucket < series->count ? (int)bucket : series->count - 1;
}

static struct series_bucket *bucket_at(struct series_line *line, int bucket)
{
	return &line->buckets[bucket];
}

static size_t part_of(size_t line)
{
	return line < SERIES_PARTS ? line : 0;
}

static void line_enter(struct series_line *line, int bucket, int64_t at_ns)
{
	bucket_at(line, bucket)->most = (uint32_t)line->open;
	bucket_at(line, bucket)->most_ns = at_ns;
}

/* A bucket begins with what is open. */
static void enter(struct series *series, int bucket)
{
	for (; series->at < bucket; series->at++) {
		int next = series->at + 1;
		int64_t begin_ns;
		if (__builtin_add_overflow(series->from_ns, next * series->width_ns, &begin_ns))
			begin_ns = INT64_MAX;
		for (size_t i = 0; i < series->lines; i++)
			line_enter(&series->line[i], next, begin_ns);
		line_enter(&series->all, next, begin_ns);
		memcpy(series->parts[next], series->now, sizeof series->now);
	}
}

static bool line_open(struct series_line *line, int bucket, int64_t at_ns)
{
	struct series_bucket *b = bucket_at(line, bucket);

	line->open++;
	line->opened++;
	b->opened++;
	b->last_ns = at_ns;
	if (line->open > line->most) {
		line->most = line->open;
		line->most_ns = at_ns;
	}
	if (line->open <= b->most)
		return false;
	b->most = (uint32_t)line->open;
	b->most_ns = at_ns;
	return true;
}

static void line_close(struct series_line *line, int bucket, int64_t at_ns)
{
	line->open--;
	line->closed++;
	bucket_at(line, bucket)->closed++;
	bucket_at(line, bucket)->last_ns = at_ns;
}

static bool push(struct series *series, struct series_end end)
{
	if (!array_room(series->heap, series->waiting))
		return false;
	size_t at = series->waiting++;
	for (; at > 0 && series->heap[(at - 1) / 2].at_ns > end.at_ns; at = (at - 1) / 2)
		series->heap[at] = series->heap[(at - 1) / 2];
	series->heap[at] = end;
	return true;
}

static struct series_end pop(struct series *series)
{
	struct series_end *heap = series->heap, first = heap[0], last = heap[--series->waiting];
	size_t at = 0;

	for (size_t child; (child = 2 * at + 1) < series->waiting; at = child) {
		child += child + 1 < series->waiting && heap[child + 1].at_ns < heap[child].at_ns;
		if (heap[child].at_ns >= last.at_ns)
			break;
		heap[at] = heap[child];
	}
	heap[at] = last;
	return first;
}

/* What is given back at the same time as something is opened is given back before. */
static void close_until(struct series *series, int64_t now_ns)
{
	while (series->waiting > 0 && series->heap[0].at_ns <= now_ns) {
		struct series_end end = pop(series);
		int bucket = bucket_of(series, end.at_ns);
		enter(series, bucket);
		line_close(&series->line[end.line], bucket, end.at_ns);
		line_close(&series->all, bucket, end.at_ns);
		series->now[part_of(end.line)]--;
	}
}

/* Of a hold from 32 ns on its highest bit and the five below it; of a shorter one all. */
static int class_of(int64_t held_ns)
{
	uint64_t held = held_ns > 0 ? (uint64_t)held_ns : 0;

	if (held < 1u << CLASSES_BITS)
		return (int)held;
	int shift = 63 - __builtin_clzll(held) - CLASSES_BITS;
	return (int)(((uint64_t)(shift + 1) << CLASSES_BITS) + (held >> shift) - (1u << CLASSES_BITS));
}

/* The longest hold of a class. */
static int64_t class_end(int class)
{
	int shift = (class >> CLASSES_BITS) - 1;

	if (shift < 0)
		return class;
	uint64_t begin = (uint64_t)((class & ((1 << CLASSES_BITS) - 1)) | 1 << CLASSES_BITS) << shift;
	return (int64_t)(begin + ((uint64_t)1 << shift) - 1);
}

static bool note_hold(struct series_line *line, int64_t held_ns)
{
	if (line->holds == NULL && (line->holds = calloc(HOLD_CLASSES, sizeof *line->holds)) == NULL)
		return refuse("out of memory");
	line->holds[class_of(held_ns)]++;
	line->held++;
	if (held_ns > line->longest_ns)
		line->longest_ns = held_ns;
	return true;
}

bool series_add(struct series *series, size_t line, int64_t acquired_ns, int64_t open_ns, int64_t close_ns)
{
	struct series_line *of = &series->line[line];

	close_until(series, open_ns);
	if (close_ns != SERIES_NEVER) {
		if (!note_hold(of, between(acquired_ns, close_ns)))
			return false;
		if (close_ns < open_ns)
			close_ns = open_ns;
	}
	int bucket = bucket_of(series, open_ns);
	enter(series, bucket);
	series->now[part_of(line)]++;
	line_open(of, bucket, open_ns);
	if (line_open(&series->all, bucket, open_ns))
		memcpy(series->parts[bucket], series->now, sizeof series->now);
	return close_ns == SERIES_NEVER || push(series, (struct series_end){close_ns, line});
}

static void line_count(struct series_line *line, int bucket)
{
	line->opened++;
	bucket_at(line, bucket)->opened++;
	/* Whoever adds up what was opened and closed must come to what is open. */
	line->closed++;
	bucket_at(line, bucket)->closed++;
}

void series_count(struct series *series, size_t line, int64_t open_ns)
{
	int bucket = bucket_of(series, open_ns);

	line_count(&series->line[line], bucket);
	line_count(&series->all, bucket);
}

void series_fail(struct series *series, size_t line, int64_t acquired_ns)
{
	int bucket = bucket_of(series, acquired_ns);

	series->line[line].failed++;
	bucket_at(&series->line[line], bucket)->failed++;
	series->all.failed++;
	bucket_at(&series->all, bucket)->failed++;
}

void series_finish(struct series *series)
{
	close_until(series, SERIES_NEVER - 1);
	enter(series, series->count - 1);
}

int64_t series_held(const struct series_line *line, double share)
{
	int64_t wanted = (int64_t)((double)line->held * share), seen = 0;

	if (line->holds == NULL)
		return -1;
	for (int class = 0; class < HOLD_CLASSES; class ++)
		if ((seen += line->holds[class]) > 0 && seen >= wanted)
			return class_end(class) < line->longest_ns ? class_end(class) : line->longest_ns;
	return line->longest_ns;
}

bool series_growth(const struct series *series, const struct series_line *line, double *ret_per_minute)
{
	int first = 0, last = series->count - 1;

	while (first < series->count && line->buckets[first].most == 0)
		first++;
	while (last > first && line->buckets[last].most == 0)
		last--;
	first += (last - first) / 2;
	int64_t count = last - first + 1;
	if (first >= series->count || count < LEAST_BUCKETS || series->width_ns < NS_PER_S / count)
		return false;
	double middle = (double)(count - 1) / 2, above = 0, below = 0;
	for (int64_t i = 0; i < count; i++) {
		above += ((double)i - middle) * line->buckets[first + i].most;
		below += ((double)i - middle) * ((double)i - middle);
	}
	*ret_per_minute = above / below * 60e9 / (double)series->width_ns;
	return true;
}
