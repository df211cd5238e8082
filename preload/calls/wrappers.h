// SPDX-License-Identifier: PostgreSQL
/* wrappers.h - our exported functions as a table; wrappers.c says what they are. */
#ifndef PQLEAK_PRELOAD_CALLS_WRAPPERS_H
#define PQLEAK_PRELOAD_CALLS_WRAPPERS_H

#include "preload/libpq/hooks.h"

extern void *const wrappers[HOOK_COUNT];

#endif
