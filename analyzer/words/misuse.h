// SPDX-License-Identifier: PostgreSQL
/*
 * misuse.h - calls that must not be, in words.
 *
 * Owns what a report calls them; trace/base/names.h has the names of the table.
 */
#ifndef PQLEAK_ANALYZER_WORDS_MISUSE_H
#define PQLEAK_ANALYZER_WORDS_MISUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/base/names.h"

/* The misuse of this name, '-' as good as ' ' in it; MISUSE_NONE: there is none. */
enum misuse_kind misuse_find(const char *name);

/* What `count` of them are called: "use of a finished connection", ... */
const char *misuse_noun(enum misuse_kind kind, int64_t count);

/* Whether some programs do it by design: it is a note then, and no misuse. */
bool misuse_by_design(enum misuse_kind kind);

#endif
