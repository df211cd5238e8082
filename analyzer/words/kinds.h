// SPDX-License-Identifier: PostgreSQL
/*
 * kinds.h - the kinds of resources and of misuse, and what has become of a resource, in words.
 *
 * Owns the nouns of texts; SQL and JSON use the names of trace/base/names.h.
 */
#ifndef PQLEAK_ANALYZER_WORDS_KINDS_H
#define PQLEAK_ANALYZER_WORDS_KINDS_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/base/names.h"

/* As the view connection_life says it. */
enum verdict {
	VERDICT_RELEASED,
	VERDICT_LEAKED,
	VERDICT_OPEN_AT_DEATH,
	VERDICT_OPEN,
	VERDICT_INHERITED,
	VERDICT_CANNOT_TELL, /* its process dropped events */
	/* Of a connection, besides what became of it: */
	VERDICT_ABANDONED, /* it was used, never again, while others like it were opened */
	VERDICT_KEPT,      /* a pool's, each used once, by one thread that perhaps still has it */
	VERDICT_EXIT,      /* one of several that were given back by the exit of the process, */
	VERDICT_THREAD,    /* by a thread that ended, */
	VERDICT_COLLECTOR, /* by a garbage collector */
	/* Of a transaction, the same: */
	VERDICT_IDLE, /* it was left idle */
	VERDICT_COUNT /* also: no verdict */
};

/* How one was given back; as the view stack_manner says it. */
enum manner {
	MANNER_EXIT,      /* of the process */
	MANNER_THREAD,    /* that ended */
	MANNER_COLLECTOR, /* of garbage */
	MANNER_CODE,
	MANNER_UNKNOWN,
	MANNER_COUNT
};

/* "exit", ... */
const char *manner_name(enum manner manner);
enum manner manner_find(const char *name); /* MANNER_COUNT: there is none of that name */

/* Each by its name, '-' as good as ' ' in it; KIND_NONE, MISUSE_NONE or VERDICT_COUNT: there is none of that name. */
enum resource_kind kind_find(const char *name);
enum misuse_kind misuse_find(const char *name);
enum verdict verdict_find(const char *name);

const char *verdict_name(enum verdict verdict);

/* What `count` of them are called: "connection", "blocks of memory", "use of a finished connection", ... */
const char *kind_noun(enum resource_kind kind, int64_t count);
const char *misuse_noun(enum misuse_kind kind, int64_t count);

/* The same by the name of either; a name of neither is what it is called. */
const char *any_noun(const char *name, int64_t count);

/* What one that was released is called: "finished", "cleared", ... */
const char *kind_released(enum resource_kind kind);

/* What one that was not released is called: "leaked", "never cleared", ... */
const char *kind_unreleased(enum resource_kind kind);

/* What has become of one of that kind, for a title: "leaked", "never cleared", "open at death", ... */
const char *verdict_words(enum resource_kind kind, enum verdict verdict);

/* The calls that give it back. */
const char *kind_release(enum resource_kind kind);

/* Whether one of that kind can come to it, and whether that can fail a check. */
bool verdict_is_of(enum verdict verdict, enum resource_kind kind);
bool verdict_can_fail(enum verdict verdict);

/* Whether one that leaked fails the check; the others are shown. */
bool kind_fails(enum resource_kind kind);

/* Whether some programs do it by design: it is a note then, and no misuse. */
bool misuse_by_design(enum misuse_kind kind);

#endif
