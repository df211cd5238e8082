// SPDX-License-Identifier: PostgreSQL
/*
 * spool-write.h - the writer's side of a spool.
 *
 * Called by the shim, inside the traced program: spool_append is the hottest
 * code of the project.  Never allocates with malloc, takes a lock, prints or
 * keeps a descriptor open; results are 0 or -errno, and errno stays what it
 * was.  Calls must be serialised by the caller.
 */
#ifndef PQLEAK_TRACE_SPOOL_SPOOL_WRITE_H
#define PQLEAK_TRACE_SPOOL_SPOOL_WRITE_H

#include <string.h>

#include "trace/spool/spool.h"

/*
 * Creates the spool beside `trace` (an absolute path, for the host may change its folder), mode 0600, mapped and ready.
 * 0 or -errno; on failure nothing is left behind.
 */
int spool_create(struct spool *spool, const char *trace, const struct spool_identity *identity);

/*
 * Lays the page of struct spool_work over the page `at`, which then tells readers what is written there; what was there
 * is gone.  It stays when the spool is closed.  Without it the spool says that it does not tell.
 */
void spool_share_work(struct spool *spool, void *at);

/*
 * The last places of the room there is are kept for EVENT_END and what revokes it: how it ended must not be lost.
 * Before them, an event has room for the two records of again.h.
 */
#define SPOOL_ENDS 6u

/* Whether the next event needs new room, and so system calls. */
static inline bool spool_is_full(const struct spool *spool)
{
	return spool_head(spool->header) + SPOOL_ENDS >= spool->event_room;
}

/* Whether a segment that was drained can take it: that needs no system call. */
static inline bool spool_has_drained(const struct spool *spool)
{
	return spool->oldest_segment <
		   atomic_load_explicit(&spool->header->tail, memory_order_relaxed) / SPOOL_SEGMENT_EVENTS;
}

/* The place at `head`. */
static inline struct event *spool_place(const struct spool *spool, uint64_t head)
{
	char *segment = spool->event_segment[head / SPOOL_SEGMENT_EVENTS % SPOOL_EVENT_SEGMENTS];
	return (struct event *)(void *)segment + head % SPOOL_SEGMENT_EVENTS;
}

/* What is in the header's head. */
static inline uint64_t spool_head_word(const struct spool *spool)
{
	return atomic_load_explicit(&spool->header->head, memory_order_relaxed);
}

/* Appends one event, for which there is room, at its place; `word` is what is in the header's head. */
static inline void spool_put_at(struct spool *spool, struct event *place, uint64_t word, const struct event *event)
{
	memcpy(place, event, sizeof *event);
	spool->written = (word & SPOOL_HEAD_MASK) + 1 + spool->taken_off;
	atomic_store_explicit(&spool->header->head, word + 1, memory_order_release);
}

static inline void spool_put(struct spool *spool, uint64_t word, const struct event *event)
{
	spool_put_at(spool, spool_place(spool, word & SPOOL_HEAD_MASK), word, event);
}

/* Makes room for the next event where there is none.  0, or minus the reason why not, an errno or LOSS_LIMIT. */
int spool_make_room(struct spool *spool);

/* Appends one event.  0, or minus the reason why there is no room, an errno or LOSS_LIMIT. */
int spool_append(struct spool *spool, const struct event *event);

/* So many events are lost, for a reason of loss.h; from this moment on nothing is certain.  Needs no lock. */
void spool_lose(struct spool *spool, uint64_t events, uint32_t why);

/* Notes in its parent's spool that this forked child could not be recorded. */
void spool_mark_child(struct spool_header *header, int error);

/* Whether a blob of that length needs new room, and so system calls. */
static inline bool spool_is_full_for(const struct spool *spool, size_t length)
{
	uint64_t at = atomic_load_explicit(&spool->header->blob_bytes, memory_order_relaxed);
	/* The first segment is made with the spool. */
	return (at % SPOOL_SEGMENT_BYTES == 0 && at != 0) ||
		   at % SPOOL_SEGMENT_BYTES + sizeof(struct blob_header) + (length + 7) / 8 * 8 > SPOOL_SEGMENT_BYTES;
}

/* Appends one blob and returns its number, or 0 when it is too large or there is no room. */
uint32_t spool_add_blob(struct spool *spool, enum blob_type type, const void *bytes, size_t length);

/* Everything before `position` is committed to the trace: its segments may be reused. */
void spool_retire(struct spool *spool, uint64_t position);

#endif
