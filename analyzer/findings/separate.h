// SPDX-License-Identifier: PostgreSQL
/*
 * separate.h - which caller leaks: where the stacks of what was lost part from those of what was released.
 *
 * Owns the rule of docs/decisions/024-what-is-compared.md.  It knows neither
 * SQLite nor what a place is: a number, the same for the same line of source.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_SEPARATE_H
#define PQLEAK_ANALYZER_FINDINGS_SEPARATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEPARATE_NOBODY UINT32_MAX

/* A stack as the places it runs through, and what became of what was acquired by it. */
struct separate_stack {
	const uint32_t *places; /* call site first, callers after it; not owned */
	uint32_t count;         /* at least 1 */
	uint32_t id;            /* the caller's, different for each */
	int64_t lost, clean;    /* not released; released */
	int64_t held;           /* of what was lost, what was the only one by its way in its process: it may live as long */
	/* By which functions of this stack was released what it acquired: the levels of the innermost and the outermost.
	 * From 0 to SEPARATE_NOBODY where it is not known, or was by none. */
	uint32_t inner_owner, outer_owner;
	/* The answer, where something was lost. */
	uint32_t level; /* index of the blamed place */
	uint32_t node;  /* index in the nodes */
	bool ends;      /* the blame is on the stacks that have no further caller only */
};

/* A blamed place, reached by one way. */
struct separate_node {
	uint32_t level;         /* how many places outside the call site; 0: it is that */
	uint32_t first, last;   /* its stacks: from index `first` to before `last` */
	int64_t lost, acquired; /* by them; what is held counts only where nothing else was lost, here and below */
	/* What is comparable: everything that came by the place inside it, or, where it is not parted, by itself. */
	uint32_t scope_first, scope_last;
	uint32_t callers, leaking; /* different places in `level` there, and through how many of them something was lost */
	int64_t others_lost, others_acquired; /* in the scope, by other callers than this one */
	bool parted;                          /* it is told from other callers; else callers and others mean nothing */
};

/*
 * Sorts the stacks by their places and blames: the answer depends on nothing but places and numbers.  The nodes are
 * freed with free().  False: out of memory.
 */
bool separate(struct separate_stack *stacks, size_t count, struct separate_node **ret_nodes, size_t *ret_count);

#endif
