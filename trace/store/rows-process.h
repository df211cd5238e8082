// SPDX-License-Identifier: PostgreSQL
/*
 * rows-process.h - the row of a process, and the reasons why its trace is incomplete.
 *
 * Called by the drain and the ingest.  A process is known by the identity of
 * its spool.  Results are SQLite's codes.
 */
#ifndef PQLEAK_TRACE_STORE_ROWS_PROCESS_H
#define PQLEAK_TRACE_STORE_ROWS_PROCESS_H

#include <stdbool.h>

#include "trace/spool/spool.h"
#include "trace/store/rows-bind.h"

/* Its row and how many of its events are in the trace: SQLITE_ROW, SQLITE_DONE when it has no row, or an error. */
int process_find(struct statements *statements, uint64_t spool, int64_t *ret_row, uint64_t *ret_drained);

/* Adds the row of a process that has none. */
int process_add(struct statements *statements, const struct spool_header *header, uint64_t drained, int64_t *ret_row);

/* Writes how far it is drained, what the fold has counted of it since the last save, and its end when that changed. */
int process_update(struct rows *rows, const struct fold *fold, uint64_t drained, uint64_t dropped);

/* It is gone: if it left no word of how, that is what the trace says. */
int process_give_up(struct statements *statements, uint64_t spool);

/* Whether it has ended for good, as far as the trace knows; an exec may still fail. */
bool process_has_ended(struct statements *statements, uint64_t spool);

/* Says why the trace does not hold everything, once however often it is found.  0 for `process` or `pid`: unknown. */
int process_add_incomplete(struct statements *statements, int64_t process, int pid, const char *reason);

#endif
