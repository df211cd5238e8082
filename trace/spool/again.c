// SPDX-License-Identifier: PostgreSQL
/* again.c - what is right of the counts in a copy of a spool; see again.h.  Called by the reader. */
#include "trace/spool/again.h"

#define MOST_AMID (AGAIN_LENGTH_SENT - 1) /* events of a cycle that is not finished */

/* What is counted is taken off the log's end, and other events may have come to lie there while it was copied. */
static void cut(struct spool *copy)
{
	struct spool_header *header = copy->header;
	uint64_t head = spool_head(header), tail = atomic_load_explicit(&header->tail, memory_order_relaxed);
	for (unsigned i = 0; i < MOST_AMID && head > tail; i++) {
		const struct event *event = spool_event(copy, head - 1);
		if (event == NULL || event->verb == EVENT_AGAIN)
			break;
		head--;
		atomic_fetch_sub_explicit(&header->head, 1, memory_order_relaxed);
	}
}

/* Whether nobody was in the middle of writing it; it says nothing then. */
static bool is_whole(const struct again *again)
{
	return (again->version & UINT16_MAX) == (again->more & UINT16_MAX);
}

static void forget(struct again *again)
{
	again->version = 0;
	again->more = 0;
}

bool again_settle(struct spool *copy, bool has_moved)
{
	struct spool_header *header = copy->header;
	if (has_moved)
		cut(copy);
	struct again *latest = NULL;
	uint64_t head = spool_head(header);
	for (uint64_t at = atomic_load_explicit(&header->tail, memory_order_relaxed); at < head; at++) {
		struct again *again = (struct again *)(uintptr_t)spool_event(copy, at);
		if (again == NULL || again->verb != EVENT_AGAIN)
			continue;
		if (!is_whole(again))
			forget(again);
		if (again->more > 0 && (latest == NULL || again->version > latest->version))
			latest = again;
	}
	/* Of all the counts the last one alone can be one that the head does not know of. */
	uint64_t known = atomic_load_explicit(&header->head, memory_order_relaxed) >> SPOOL_HEAD_BITS;
	if (latest != NULL && !has_moved && (again_number(latest) << SPOOL_HEAD_BITS) >> SPOOL_HEAD_BITS != known)
		forget(latest);
	return true;
}
