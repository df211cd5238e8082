// SPDX-License-Identifier: PostgreSQL
/*
 * keep.h - the process's events: into the spool, and from there into the trace.
 *
 * Owns the spool, its room, and when it is drained.  Called by record.c.  A
 * thread that finds no room drains itself, or waits for the one that is at it,
 * for a bounded time; it never waits for another process.
 *
 * What both files use is in `keep`, guarded by its lock, which record.c takes.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_KEEP_H
#define PQLEAK_PRELOAD_RECORDER_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/process/recorder.h"
#include "preload/recorder/stacks/lock.h"
#include "trace/spool/again.h"
#include "trace/spool/spool-write.h"

struct keep {
	struct recorder_settings host; /* what the shim has told; `trace` is a copy */
	struct recorder_lock lock;
	struct spool spool;
	struct again_writer again;    /* what is counted in it */
	struct spool_header *parents; /* of a forked child: its parent's spool, as far as that is mapped */
	uint64_t plain_until;         /* up to this head an event is appended, and no more is to be done */
	bool has_ended;
};

extern struct keep keep;

/* Begins anew, for this process; 0 or -errno. */
int keep_start(const struct recorder_settings *asked);

/* Whether an event goes to that head, and no more is to be done. */
static inline bool keep_is_plain(uint64_t word)
{
	return (word & SPOOL_HEAD_MASK) < keep.plain_until;
}

/* Appends the event and gives back the lock, which is held.  0, or why it is lost, negative.  *ret_is_due: drain now.
 */
int keep_append(const struct event *event, uint32_t thread, bool *ret_is_due);

/* Appends a last event, and `missed` ones that were not seen; and does with the spool what is asked for. */
void keep_end(const struct event *event, enum drain_setting drain, uint64_t missed);

/* Moves the spool into the trace, unless somebody is at it.  The lock is free. */
void keep_drain(uint32_t thread);

/*
 * Many threads that record are faster than the one that drains, which gets no more of the processors than each of them.
 * So each stands back for a moment after its event, a millisecond where the spool is nearly full.
 */
void keep_stand_back(void);

#endif
