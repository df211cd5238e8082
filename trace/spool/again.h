// SPDX-License-Identifier: PostgreSQL
/*
 * again.h - what a program does again and again is counted where it lies in the spool, not appended.
 *
 * A cycle is the events of a statement of which nothing is left: a result and
 * its release, or what was sent, its result, the NULL after that, and the
 * release.  Behind a cycle that another one preceded, the writer puts two
 * records of the same size as an event, `struct again`; when the same cycle
 * comes right behind others that are counted, it is taken off the end of the
 * log, and the count goes up.
 *
 * The two records are written in turn; which of them is right, the store of
 * the head decides that takes the cycle's events off: a process that is killed
 * before it leaves the events, one killed after it the count.  A reader of a
 * copy calls again_settle first.
 *
 * Owns these records, and when they are made: from `since` on the log has
 * nothing but cycles with their counts, and behind those, from `settled` on,
 * what may become one.  Whatever else is appended ends that: so the order of
 * all that is not counted is known, and no count goes up after it.
 */
#ifndef PQLEAK_TRACE_SPOOL_AGAIN_H
#define PQLEAK_TRACE_SPOOL_AGAIN_H

#include "trace/spool/spool.h"

#define AGAIN_RECORDS 2u
#define AGAIN_LENGTH_RESULT 2u /* events of a cycle: a result and its release */
#define AGAIN_LENGTH_SENT 4u   /* sent, result, NULL, release; the last two in either order */
#define AGAIN_MOST (AGAIN_LENGTH_SENT + AGAIN_RECORDS)

/* Written from the end, read from the beginning: where `version` and `more` belong together, so does all between. */
struct again {
	uint64_t version;    /* the number of the last event that used the connection (<< 16), and the end of `more` */
	uint64_t used;       /* when that was */
	uint64_t held_ns;    /* how long all the results were there */
	uint64_t longest_ns; /* and one of them, at most */
	uint64_t sent_ns;    /* the same of what was sent, until the NULL */
	uint64_t longest_sent_ns;
	uint64_t unused;
	uint16_t none;
	uint8_t verb;   /* EVENT_AGAIN, where an event has its verb */
	uint8_t length; /* events of the cycle that lies before it */
	uint32_t more;  /* so many times more than that one; 0 in one of the two, until there is one */
};

static_assert(sizeof(struct again) == sizeof(struct event) &&
				  offsetof(struct again, verb) == offsetof(struct event, verb),
			  "it lies among events");

#define AGAIN_NUMBER_SHIFT 16

static inline uint64_t again_number(const struct again *again)
{
	return again->version >> AGAIN_NUMBER_SHIFT;
}

/* The right one of the two. */
static inline const struct again *again_of(const struct again *two)
{
	return &two[two[1].version > two[0].version];
}

/* Whether there are so many events at `event`, and then the first of the records that tell of them. */
static inline bool again_is_behind(const struct event *event, size_t length)
{
	return event[length].verb == EVENT_AGAIN && event[length - 1].verb != EVENT_AGAIN &&
		   ((const struct again *)(const void *)&event[length])->length == length;
}

/* How many events a cycle has that begins here and is counted; 0: none does. */
static inline size_t again_length(const struct event *event, size_t count)
{
	if (event->verb == EVENT_AGAIN)
		return 0;
	if (count >= AGAIN_LENGTH_RESULT + AGAIN_RECORDS && again_is_behind(event, AGAIN_LENGTH_RESULT))
		return AGAIN_LENGTH_RESULT;
	return count >= AGAIN_MOST && again_is_behind(event, AGAIN_LENGTH_SENT) ? AGAIN_LENGTH_SENT : 0;
}

/*
 * In a copy of a spool, of which the writer may have counted on while it was copied (`has_moved`): leaves only what
 * the head says has happened, and what was not in the middle of a change.  False: too much was.
 */
bool again_settle(struct spool *copy, bool has_moved);

/* --- the writer's side; calls must be serialised by the caller --- */

#define AGAIN_BUCKETS 4096u
#define AGAIN_WAYS 2u

struct again_writer {
	struct spool *spool;
	uint64_t since;
	uint64_t settled;
	uint64_t plain;                             /* a cycle that is not counted ended here */
	bool has_places;                            /* there is something in the table below */
	struct again *writing;                      /* it was not finished, if this is still here: a handler's longjmp */
	uint64_t places[AGAIN_BUCKETS][AGAIN_WAYS]; /* where the records of a cycle begin; only that place says of which */
};

/* Begins anew.  With a spool that keeps every event nothing is counted. */
void again_reset(struct again_writer *writer, struct spool *spool);

/* Nothing before the head changes any more; where that is. */
uint64_t again_seal(struct again_writer *writer);

/* The event ends a cycle, perhaps.  True: it has been taken care of. */
bool again_add(struct again_writer *writer, const struct event *event);

/* Whether an event that would come to lie at `place`, which is `head`, can end one. */
static inline bool again_may_end(const struct event *event, const struct event *place, uint64_t head)
{
	if (event->verb == EVENT_RELEASE)
		return event->kind == KIND_RESULT;
	/* A NULL most often comes before the result is cleared. */
	return event->verb == EVENT_USE && event->flags == EVENT_IS_DRAINED &&
		   (head % SPOOL_SEGMENT_EVENTS == 0 || place[-1].verb == EVENT_RELEASE);
}

#endif
