// SPDX-License-Identifier: PostgreSQL
/*
 * ask.h - asks the libpq of a call about its own objects.
 *
 * Owns the casts.  Each gives an answer of its own where that libpq has no
 * such function.  Called without any lock of ours; may change errno.
 */
#ifndef PQLEAK_PRELOAD_CALLS_ASK_H
#define PQLEAK_PRELOAD_CALLS_ASK_H

#include <stddef.h>

#include "preload/libpq/libpq.h"

static inline int ask_number(struct libpq *libpq, enum libpq_function n, const void *object, int otherwise)
{
	void *function = libpq_function(libpq, n);
	return function != NULL ? (__extension__(int (*)(const void *)) function)(object) : otherwise;
}

static inline size_t ask_size(struct libpq *libpq, enum libpq_function n, const void *object)
{
	void *function = libpq_function(libpq, n);
	return function != NULL ? (__extension__(size_t(*)(const void *)) function)(object) : 0;
}

static inline const char *ask_text(struct libpq *libpq, enum libpq_function n, const void *object)
{
	void *function = libpq_function(libpq, n);
	return function != NULL ? (__extension__(const char *(*)(const void *)) function)(object) : NULL;
}

#endif
