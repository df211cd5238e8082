// SPDX-License-Identifier: PostgreSQL
/*
 * kinds.h - the kinds of resources in words, as trace/base/kinds.def lists them.
 *
 * Owns the nouns of texts; SQL and JSON use the names of trace/base/names.h.
 */
#ifndef PQLEAK_ANALYZER_WORDS_KINDS_H
#define PQLEAK_ANALYZER_WORDS_KINDS_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/base/names.h"

/* The kind of this name, '-' as good as ' ' in it; KIND_NONE: there is no such kind. */
enum resource_kind kind_find(const char *name);

/* Whether `given` is `name`, with '-' as good as ' '. */
bool same_name(const char *name, const char *given);

/* What `count` of them are called: "connection", "blocks of memory", ... */
const char *kind_noun(enum resource_kind kind, int64_t count);

/* What one that was not released is called: "leaked", "never cleared", ... */
const char *kind_unreleased(enum resource_kind kind);

/* The calls that give it back. */
const char *kind_release(enum resource_kind kind);

/* Whether one that leaked fails the check; the others are shown. */
bool kind_fails(enum resource_kind kind);

#endif
