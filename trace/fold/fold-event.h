// SPDX-License-Identifier: PostgreSQL
/*
 * fold-event.h - what the fold's files ask of an event.
 */
#ifndef PQLEAK_TRACE_FOLD_FOLD_EVENT_H
#define PQLEAK_TRACE_FOLD_FOLD_EVENT_H

#include "trace/base/event.h"
#include "trace/base/libpq-status.h"

static inline uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Whether it tells its connection's PQtransactionStatus: others may pass through on any connection. */
static inline bool tells_transaction(const struct event *event)
{
	return event->kind == KIND_CONNECTION || event->kind == KIND_RESULT;
}

static inline bool is_copy_result(const struct event *event)
{
	return event->kind == KIND_RESULT && result_is_copy(event->status);
}

/* How long the call itself took, as far as it says. */
static inline uint64_t busy_ns(const struct event *event)
{
	if (event->kind == KIND_RESULT)
		return (event->duration >> EVENT_BYTES_BITS) * 1000000;
	return event->kind == KIND_CONNECTION && event->verb == EVENT_USE ? event->duration : 0;
}

#endif
