// SPDX-License-Identifier: PostgreSQL
/*
 * names.h - the words of the trace for the numbers of events.
 *
 * Used by the files that write rows and take them up again, and by the
 * analyzer.  All are static texts; a number without a word gives NULL.
 */
#ifndef PQLEAK_TRACE_BASE_NAMES_H
#define PQLEAK_TRACE_BASE_NAMES_H

#include "trace/base/event.h"

const char *kind_name(uint8_t kind);             /* 'result' */
enum resource_kind kind_named(const char *name); /* KIND_NONE: no such kind, or NULL */
const char *misuse_name(uint8_t misuse);         /* 'use after finish' */
const char *connect_error_name(uint8_t error);   /* 'refused' */
enum connect_error connect_error_named(const char *name);
const char *verb_name(uint8_t verb); /* 'acquire' */
const char *end_name(uint8_t end);   /* 'exit' */

#endif
