// SPDX-License-Identifier: PostgreSQL
/*
 * intern.h - numbers for things that repeat: stacks, modules, texts, targets.
 *
 * Owns what the process remembers of the spool's blobs: numbers by contents, and
 * by the addresses that a dlclose makes worthless.  The caller holds the
 * recorder's lock.
 */
#ifndef PQLEAK_RECORDER_INTERN_H
#define PQLEAK_RECORDER_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "trace/spool.h"

/* Forgets everything: this is a new process. A new blob goes into the spool calmly: that may have to grow. */
void intern_reset(struct spool *spool, void (*calmly)(void (*work)(void *), void *closure));

/* The number of that blob; 0 when there is no room. */
uint32_t intern_blob(enum blob_type type, const void *bytes, size_t length);

/*
 * The number of the stack with these return addresses.  `unloads` counts dlclose: when it changes, the same addresses
 * may be other code.
 */
uint32_t intern_stack(const uintptr_t *frames, size_t count, uint32_t unloads, uint64_t hash);

/* What intern_stack wants as its hash; needs no lock. */
uint64_t intern_hash(const uintptr_t *frames, size_t count);

#endif
