// SPDX-License-Identifier: PostgreSQL
/*
 * beside.h - the files that lie beside a trace: spools and marks.
 *
 * Owns their names: TRACE-spool-PID-ID, TRACE-lost-PID-ERRNO for a process that
 * could not make a spool, TRACE-unseen-HASH, a link to words, and TRACE-left, as
 * many bytes as spools were left by processes that ended.  What the
 * words are, and which of them are sent to the launcher by a process that can
 * leave no mark, marks.c in trace/store says.  A name that is not exactly one of these is somebody else's
 * file.  Walks a folder; opens and changes no file.
 */
#ifndef PQLEAK_TRACE_SPOOL_BESIDE_H
#define PQLEAK_TRACE_SPOOL_BESIDE_H

#include <dirent.h>
#include <limits.h>
#include <stdint.h>

/* What follows a trace's own name in theirs. */
#define SPOOL_SUFFIX "-spool-"   /* PID-ID */
#define LOST_SUFFIX "-lost-"     /* PID-ERRNO */
#define UNSEEN_SUFFIX "-unseen-" /* HASH */
#define LEFT_SUFFIX "-left"      /* nothing */

enum beside_what {
	BESIDE_NOTHING, /* no more */
	BESIDE_SPOOL,
	BESIDE_LOST,
	BESIDE_UNSEEN,
	BESIDE_LEFT,
};

struct beside {
	DIR *folder;
	const char *name; /* the trace's own, without its folder */
	enum beside_what what;
	int pid;         /* unseen, left: 0 */
	uint64_t number; /* spool: its id; lost mark: an errno; unseen: a hash */
	char path[PATH_MAX];
	size_t folder_length; /* of `path`, with the slash */
};

/* Begins a walk.  0 or -errno; -ENOENT when there is no such folder. */
int beside_open(struct beside *beside, const char *trace);

/* The next file; beside->what, pid, number and path describe it. */
enum beside_what beside_next(struct beside *beside);

void beside_close(struct beside *beside);

#endif
