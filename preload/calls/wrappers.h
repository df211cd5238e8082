// SPDX-License-Identifier: PostgreSQL
/* wrappers.h - our exported functions as a table; wrappers.c says what they are. */
#ifndef PQLEAK_PRELOAD_CALLS_WRAPPERS_H
#define PQLEAK_PRELOAD_CALLS_WRAPPERS_H

#include "preload/libpq/hooks.h"

extern void *const wrappers[HOOK_COUNT];

/* Where their code lies, and nothing else. */
void wrappers_range(const void **ret_low, const void **ret_high);

#endif
