// SPDX-License-Identifier: PostgreSQL
/*
 * loss.h - why an event could not be recorded.
 *
 * Owns the numbers and their words.  The shim notes a number in the spool and
 * says its words on stderr, the drain writes the same words into the trace.
 */
#ifndef PQLEAK_TRACE_BASE_LOSS_H
#define PQLEAK_TRACE_BASE_LOSS_H

#include <stddef.h>
#include <stdint.h>

/* Why the spool could not grow: an errno, or the first of these.  The others have nothing to do with its room. */
enum loss {
	LOSS_LIMIT = 10000, /* it is as large as it may be, and what it holds was not drained */
	LOSS_BUSY,          /* the recorder's lock was not to be had: see preload/recorder/stacks/lock.h */
	LOSS_EARLY,         /* the call came before recording had begun */
};

/* Writes the reason in words, cut to fit.  Never translated, and safe in a signal handler. */
void loss_words(uint32_t why, char *ret, size_t bytes);

#endif
