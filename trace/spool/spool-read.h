// SPDX-License-Identifier: PostgreSQL
/*
 * spool-read.h - reading the spool of another process.
 *
 * Called by the ingest.  Nothing in a file is trusted: each number is checked
 * before it is used.
 */
#ifndef PQLEAK_TRACE_SPOOL_SPOOL_READ_H
#define PQLEAK_TRACE_SPOOL_SPOOL_READ_H

#include "trace/spool/spool.h"

/* Reads and checks a spool file of any origin; 0, -errno, or -EBADMSG when it is no usable spool. */
int spool_read(struct spool *ret, const char *path);

#endif
