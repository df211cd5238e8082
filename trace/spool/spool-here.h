// SPDX-License-Identifier: PostgreSQL
/*
 * spool-here.h - which machine run and which pid namespace this is.
 *
 * A process id means something only in both; the writer notes them, the
 * reader compares.  Neither function allocates; both keep errno.
 */
#ifndef PQLEAK_TRACE_SPOOL_SPOOL_HERE_H
#define PQLEAK_TRACE_SPOOL_SPOOL_HERE_H

#include "trace/spool/spool.h"

/* The first 64 bits of the kernel's boot id, or 0 when /proc does not tell. */
uint64_t spool_boot_id(void);

/* The inode of our pid namespace, or 0 when /proc does not tell. */
uint64_t spool_pid_namespace(void);

#endif
