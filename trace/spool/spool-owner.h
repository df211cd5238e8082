// SPDX-License-Identifier: PostgreSQL
/*
 * spool-owner.h - is the process that writes a spool still there?
 *
 * Called by the ingest before it takes over a spool.  A process id alone proves
 * nothing (it is reused, and survives an exec), so it asks whether that process
 * has this very spool mapped; the random id in the file's name settles it.  It
 * never signals the process.
 */
#ifndef PQLEAK_TRACE_SPOOL_SPOOL_OWNER_H
#define PQLEAK_TRACE_SPOOL_SPOOL_OWNER_H

#include "trace/spool/spool.h"

enum spool_owner {
	SPOOL_OWNER_GONE,    /* its process has ended or is another program now */
	SPOOL_OWNER_RUNNING, /* it still maps the file */
	SPOOL_OWNER_UNKNOWN, /* another pid namespace, or /proc is closed to us */
};

/* Asks /proc/PID/maps whether the process that writes this spool still has it mapped. */
enum spool_owner spool_owner(const struct spool *spool);

#endif
