// SPDX-License-Identifier: PostgreSQL
/*
 * rows-stack.h - frames and stacks as rows of the trace, each different one once.
 *
 * Called by blobs.c.  Results are SQLite's codes.
 */
#ifndef PQLEAK_TRACE_STORE_ROWS_STACK_H
#define PQLEAK_TRACE_STORE_ROWS_STACK_H

#include "trace/store/statement.h"

/* The row of a frame; `module` and `script` are row ids, or 0. */
int frame_store(struct statements *statements, int64_t module, uint64_t offset, int64_t script, int64_t *ret);

/* The row of the stack with these frames (row ids, innermost first), of which there is at least one. */
int stack_store(struct statements *statements, const int64_t *frames, uint32_t count, int64_t *ret);

#endif
