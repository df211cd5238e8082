// SPDX-License-Identifier: PostgreSQL
/*
 * spans.c - see spans.h.
 */
#include "analyzer/symbols/spans.h"

#include <stdlib.h>

#include "analyzer/base/array.h"

bool spans_add(struct spans *spans, uint64_t low, uint64_t high, size_t value)
{
	if (low >= high)
		return true;
	if (!array_room(spans->items, spans->count))
		return false;
	spans->items[spans->count++] = (struct span){.low = low, .high = high, .value = value};
	return true;
}

static int compare(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return (a->value > b->value) - (a->value < b->value);
}

void spans_sort(struct spans *spans)
{
	uint64_t reach = 0;

	if (spans->count > 0)
		qsort(spans->items, spans->count, sizeof *spans->items, compare);
	for (size_t i = 0; i < spans->count; i++) {
		reach = spans->items[i].high > reach ? spans->items[i].high : reach;
		spans->items[i].reach = reach;
	}
}

/* How many spans begin at or before the address. */
static size_t begun_at(const struct spans *spans, uint64_t address)
{
	size_t low = 0, high = spans->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (spans->items[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool spans_find(const struct spans *spans, uint64_t address, size_t *ret_value)
{
	bool found = false;

	for (size_t i = begun_at(spans, address); i > 0 && spans->items[i - 1].reach > address; i--) {
		const struct span *span = &spans->items[i - 1];
		if (span->high > address && (!found || span->value < *ret_value)) {
			*ret_value = span->value;
			found = true;
		}
	}
	return found;
}

void spans_done(struct spans *spans)
{
	free(spans->items);
	*spans = (struct spans){0};
}
