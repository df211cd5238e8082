// SPDX-License-Identifier: PostgreSQL
/*
 * blobs.h - from a spool's blob numbers to rows of the trace.
 *
 * Owns what is known of each blob of one spool: its bytes, and the row of
 * module, script, stack, target or setting it became.  The drain calls
 * blobs_store once in each transaction; the rows-*.c then ask for rows
 * and texts.  The bytes come from a spool of any origin: what is damaged, or a
 * number that means nothing (or 0), becomes "unknown" and never an error.
 */
#ifndef PQLEAK_TRACE_STORE_BLOBS_H
#define PQLEAK_TRACE_STORE_BLOBS_H

#include "trace/fold/map.h"
#include "trace/spool/spool.h"
#include "trace/store/statement.h"

/* Begin with {0}. */
struct blobs {
	struct spool_cursor cursor;
	struct array entries; /* of struct blob_entry; number n is at n - 1 */
	int64_t no_stack;     /* row of the stack that stands for an unknown one, 0 when not made yet */
	int64_t jit;          /* row of the module that stands for this process's code in no module, the same */
	uint64_t spool_id;
};

/* Makes rows of all blobs that the spool has and this does not know yet.  SQLITE_OK or an error. */
int blobs_store(struct blobs *blobs, const struct spool *spool, struct statements *statements);

/* The row id of what that blob became; when unknown, 0, or of a stack the row that stands for it. */
int64_t blobs_row(const struct blobs *blobs, enum blob_type type, uint32_t number);

/* The text, which lies in the spool, or NULL. */
const char *blobs_text(const struct blobs *blobs, uint32_t number, int *ret_length);

/* Maps the stacks' row ids back to their numbers.  False when memory is short. */
bool blobs_index_stacks(const struct blobs *blobs, struct map *ret);

void blobs_done(struct blobs *blobs);

#endif
