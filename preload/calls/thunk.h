// SPDX-License-Identifier: PostgreSQL
/*
 * thunk.h - what dlsym hands out for a function of one particular libpq.
 *
 * A thunk goes on to our wrapper of that function and lets it know for which
 * libpq the host asked: a small piece of assembly for each hook of each libpq
 * (thunk-*.S).  Handed out by bind/dl.c, believed by call.c.
 */
#ifndef PQLEAK_PRELOAD_CALLS_THUNK_H
#define PQLEAK_PRELOAD_CALLS_THUNK_H

#include <stdint.h>

#include "preload/libpq/hooks.h"

/* The thunk of the libpq that defines `real`, which a real lookup found. */
void *thunk_of(void *real, enum hook hook);

/* The number of the libpq (from 1) whose thunk was called, for the wrapper that is entered next; 0: none was. */
extern __thread uint32_t pqleak_hint __attribute__((visibility("hidden"), tls_model("initial-exec")));

#endif
