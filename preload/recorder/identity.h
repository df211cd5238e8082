// SPDX-License-Identifier: PostgreSQL
/*
 * identity.h - what a process says about itself in its spool.
 *
 * Called once in each process, when recording begins; one thread at a time.  Never allocates.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_IDENTITY_H
#define PQLEAK_PRELOAD_RECORDER_IDENTITY_H

#include "trace/spool/spool.h"

/* Fills in host, executable, redacted command, and when the process was made; the rest is zero. */
void identify(struct spool_identity *ret);

#endif
