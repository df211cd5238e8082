// SPDX-License-Identifier: PostgreSQL
/*
 * run-trace.h - what `run` does with a trace before and after the command.
 *
 * Owns the launcher's two facts: which trace the command writes, and how the
 * command ended.
 */
#ifndef PQLEAK_ANALYZER_READING_RUN_TRACE_H
#define PQLEAK_ANALYZER_READING_RUN_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/launch/launch.h"

/* `name` as an absolute path, for free(); NULL: it is printed why not. */
char *run_trace_path(const char *name);

/* An absolute path as PQLEAK_TRACE wants it, with '%' doubled; for free(). */
char *run_trace_setting(const char *path);

/*
 * Makes the trace, or opens it to append, and enters `program` where that will be out of sight.  `ret_known`: the last
 * process that is in it already.
 */
bool run_trace_make(const char *path, bool append, const char *program, int64_t *ret_known);

/*
 * Takes in the spools of processes that have ended, so that a command of thousands does not fill the disk with them.
 * What fails is tried again.
 */
void run_trace_collect(const char *path);

/* Leaves the mark that a process has sent.  Of those beyond a bound, and of those that could not be left, the count is
 * kept. */
void run_trace_keep_mark(const char *path, const struct heard *heard);

/* Writes down how the command ended, and how many marks were not kept; failures are printed, and cost only that fact.
 */
void run_trace_note_end(const char *path, int64_t known, const struct launched *launched);

#endif
