// SPDX-License-Identifier: PostgreSQL
/*
 * spool-room.h - room on disk for a spool: made, grown and mapped.
 *
 * Owns the system calls behind the spool writer.  Private to that, so in the
 * traced program, in any thread and in any state of the C library: every
 * function returns 0 or -errno, keeps no descriptor, uses no malloc, and lets
 * no signal (RLIMIT_FSIZE's SIGXFSZ) reach the host.  None maps a byte that the
 * file system has not promised, so that a full disk cannot become a SIGBUS.
 * Their caller keeps errno.
 */
#ifndef PQLEAK_TRACE_SPOOL_SPOOL_ROOM_H
#define PQLEAK_TRACE_SPOOL_SPOOL_ROOM_H

#include <stdbool.h>
#include <stddef.h>

#include "trace/spool/spool.h"

/*
 * Makes spool->path, which must not exist, with `segments` segments, maps the header and all of these, and remembers
 * which file it is.
 */
int room_create(struct spool *spool, uint32_t segments, char *ret_segment[]);

/*
 * Maps file segment `number`; its room is reserved first when it `is_new`.  The file must still be the one created.
 * -ENOSPC also when `spares_disk` and little would be left of the disk.
 */
int room_segment(struct spool *spool, uint32_t number, bool is_new, bool spares_disk, char **ret);

/* Maps the header's page of struct spool_work also at `at`, a page; false: it cannot be. */
bool room_lay_work(const struct spool *spool, void *at);

void room_unmap_segment(uint32_t number, char *segment);
void room_unmap_header(struct spool *spool);

/* Unlinks spool->path if it still is the file created. */
void room_remove(const struct spool *spool);

#endif
