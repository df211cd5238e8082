// SPDX-License-Identifier: PostgreSQL
/*
 * intern.h - numbers for things that repeat: stacks, modules, texts, targets.
 *
 * Owns what the process remembers of the spool's blobs: numbers by contents, and
 * by the addresses that a dlclose makes worthless.  The caller holds the
 * recorder's lock.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_STACKS_INTERN_H
#define PQLEAK_PRELOAD_RECORDER_STACKS_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "trace/spool/spool.h"

/* Forgets everything: this is a new process. The spool grows calmly where a new blob needs room. */
void intern_reset(struct spool *spool, void (*calmly)(void (*work)(void *), void *closure));

/* The number of that blob; 0 when there is no room. */
uint32_t intern_blob(enum blob_type type, const void *bytes, size_t length);

/* A number for a blob whose bytes need not be known again; 0 when there is no room. */
uint32_t intern_new(enum blob_type type, const void *bytes, size_t length);

/*
 * The number of the stack with these return addresses, with its marks (interpreter.h); 0: it is new.  `unloads` counts
 * dlclose: when it changes, the same addresses may be other code.
 */
uint32_t intern_find_stack(const uintptr_t *frames, size_t count, uint32_t unloads, uint64_t hash);

/* The same; a new one gets a number, and these marks. */
uint32_t intern_stack(const uintptr_t *frames, size_t count, uint32_t unloads, uint64_t hash, uint32_t marks);

/* Where these return addresses lie. */
void intern_places(const uintptr_t *frames, size_t count, struct blob_frame *ret);

/* The number of the stack that a native stack and frames of scripts make together; the key holds both. */
uint32_t intern_find_mixed(const void *key, size_t length);
void intern_add_mixed(const void *key, size_t length, uint32_t number);

/* What intern_stack wants as its hash; needs no lock. */
uint64_t intern_hash(const uintptr_t *frames, size_t count);

#endif
