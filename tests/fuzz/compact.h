// SPDX-License-Identifier: PostgreSQL
/*
 * compact.h - a spool of two segments, without its empty parts.
 *
 * A spool is mostly zeros, and a fuzzer wastes its time on them.  An input
 * shorter than a spool's header is: this, then `blob_bytes` bytes of file
 * segment 1, then the beginning of file segment 0.  Longer ones are spools as
 * they are.
 */
#ifndef PQLEAK_TESTS_FUZZ_COMPACT_H
#define PQLEAK_TESTS_FUZZ_COMPACT_H

#include "trace/spool/spool.h"

#define COMPACT_FIELDS offsetof(struct spool_header, event_segment) /* all before the tables */

struct compact {
	uint8_t fields[COMPACT_FIELDS];
	uint32_t event_segment[2];
	uint32_t blob_segment[2];
	uint16_t blob_bytes;
};

#endif
