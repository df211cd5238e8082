// SPDX-License-Identifier: PostgreSQL
/*
 * self.h - what a process says about itself in its spool.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SELF_H
#define PQLEAK_PRELOAD_RECORDER_SELF_H

#include "trace/spool/spool.h"

/* Fills host, exe and the redacted command; the rest is zero. */
void self_identify(struct spool_identity *ret);

#endif
