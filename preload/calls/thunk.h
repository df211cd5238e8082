// SPDX-License-Identifier: PostgreSQL
/*
 * thunk.h - what dlsym answers instead of a function of libpq.
 *
 * Our wrapper of that function, where the caller's libpq follows from the
 * caller; else a thunk, which goes on to the wrapper and lets it know for which
 * libpq the host asked.  The thunks are a small piece of assembly for each
 * hook of each libpq (thunk-*.S).  Called by bind/dl.c.
 */
#ifndef PQLEAK_PRELOAD_CALLS_THUNK_H
#define PQLEAK_PRELOAD_CALLS_THUNK_H

#include <stdint.h>

#include "preload/libpq/hooks.h"

/* Our exported functions. */
extern void *const wrappers[HOOK_COUNT];

/* The thunk of the libpq that defines `real`, which a real lookup found. */
void *thunk_of(void *real, enum hook hook);

/* The number of the libpq (from 1) whose thunk was called, for the wrapper that is entered next; 0: none was. */
extern __thread uint32_t pqleak_hint __attribute__((visibility("hidden"), tls_model("initial-exec")));

#endif
