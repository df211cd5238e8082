// SPDX-License-Identifier: PostgreSQL
/*
 * separate.c - which caller leaks; see separate.h.
 *
 * The stacks, sorted by their places, are a tree: what runs through the same
 * first places stands together.  A node is a range of them and a level.
 */
#include "analyzer/findings/separate.h"

#include <stdlib.h>

static int by_places(const void *left, const void *right)
{
	const struct separate_stack *a = left;
	const struct separate_stack *b = right;

	for (uint32_t i = 0; i < a->count && i < b->count; i++)
		if (a->places[i] != b->places[i])
			return a->places[i] < b->places[i] ? -1 : 1;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* Stacks that share the places up to `level`, from `first` to before `last`. */
struct range {
	size_t first, last;
	uint32_t level;
};

static void add_up(const struct separate_stack *stacks, struct range range, int64_t *ret_lost, int64_t *ret_clean)
{
	*ret_lost = *ret_clean = 0;
	for (size_t i = range.first; i < range.last; i++) {
		*ret_lost += stacks[i].lost;
		*ret_clean += stacks[i].clean;
	}
}

static void blame(struct separate_stack *stacks, struct range range, bool ends)
{
	for (size_t i = range.first; i < range.last; i++) {
		stacks[i].level = range.level;
		stacks[i].ends = ends;
	}
}

/* The part of a range that goes on, from `at`, by the same caller: one level out, or, where there is no caller, the
 * same. */
static struct range next_caller(const struct separate_stack *stacks, struct range range, size_t at)
{
	uint32_t level = range.level + 1;
	bool ends = stacks[at].count <= level;
	struct range caller = {at, at + 1, ends ? range.level : level};

	while (caller.last < range.last &&
		   (ends ? stacks[caller.last].count <= level : stacks[caller.last].places[level] == stacks[at].places[level]))
		caller.last++;
	return caller;
}

/* What a blame would be made of. */
struct split {
	int64_t lost, clean; /* by the blamed places */
	size_t blamed;       /* places */
	size_t cleared;      /* callers beside them that lost nothing */
};

/*
 * Whether to blame these callers rather than what they call: most of what was released must have come by others.  And
 * chance must not look like a pattern.  What is lost now and then whoever calls hits different callers once each: so
 * where there are several, they must have lost twice on average; or they lose more than they release, and others are as
 * many.
 */
static bool is_worth(const struct split *split, int64_t clean)
{
	if (split->clean > clean / 2)
		return false;
	return split->blamed == 1 || split->lost / 2 >= (int64_t)split->blamed ||
		   (split->clean <= split->lost && split->blamed <= split->cleared);
}

static struct split resolve(struct separate_stack *stacks, struct range range)
{
	struct split whole = {.blamed = 1};
	struct split split = {0};

	add_up(stacks, range, &whole.lost, &whole.clean);
	if (whole.lost == 0)
		return (struct split){.cleared = 1};
	struct range caller = {.last = range.first};
	while (whole.clean > 0 && caller.last < range.last) {
		caller = next_caller(stacks, range, caller.last);
		struct split part = {.blamed = 1};
		if (caller.level > range.level) {
			part = resolve(stacks, caller);
		} else {
			add_up(stacks, caller, &part.lost, &part.clean);
			blame(stacks, caller, true);
			if (part.lost == 0)
				part = (struct split){.cleared = 1};
		}
		split.lost += part.lost;
		split.clean += part.clean;
		split.blamed += part.blamed;
		split.cleared += part.cleared;
	}
	if (whole.clean > 0 && is_worth(&split, whole.clean))
		return split;
	blame(stacks, range, false);
	return whole;
}

/* Whether two stacks run through the same places up to `level`. */
static bool is_same(const struct separate_stack *a, const struct separate_stack *b, uint32_t level)
{
	if (a->count <= level || b->count <= level)
		return false;
	for (uint32_t i = 0; i <= level; i++)
		if (a->places[i] != b->places[i])
			return false;
	return true;
}

/* All stacks that share the places of this one up to `level`. */
static struct range around(const struct separate_stack *stacks, size_t count, size_t at, uint32_t level)
{
	struct range range = {at, at + 1, level};

	while (range.first > 0 && is_same(&stacks[range.first - 1], &stacks[at], level))
		range.first--;
	while (range.last < count && is_same(&stacks[range.last], &stacks[at], level))
		range.last++;
	return range;
}

/* Everything that came by one place, and its callers; nodes beside each other share it. */
struct scope {
	struct range range;
	int64_t lost, clean;
	uint32_t callers, leaking;
};

static struct scope look_around(const struct separate_stack *stacks, struct range range)
{
	struct scope scope = {.range = range};
	struct range caller = {.last = range.first};

	add_up(stacks, range, &scope.lost, &scope.clean);
	while (caller.last < range.last) {
		int64_t lost, clean;
		caller = next_caller(stacks, range, caller.last);
		add_up(stacks, caller, &lost, &clean);
		if (caller.level == range.level)
			continue; /* nobody's: the stack ends there */
		scope.callers++;
		scope.leaking += lost > 0;
	}
	return scope;
}

static bool is_in(const struct range *range, size_t at, uint32_t level)
{
	return range->level == level && range->first <= at && at < range->last;
}

/* The node that blames stacks[at], the first of it that lost something.  `scope` is the one before's, or empty. */
static struct separate_node describe(const struct separate_stack *stacks, size_t count, size_t at, struct scope *scope)
{
	uint32_t level = stacks[at].level;
	struct separate_node node = {.level = level, .parted = level > 0 && !stacks[at].ends};
	uint32_t shared = node.parted ? level - 1 : level; /* outermost place that it has in common with the others */
	struct range own;
	int64_t clean;

	if (!is_in(&scope->range, at, shared))
		*scope = look_around(stacks, around(stacks, count, at, shared));
	if (stacks[at].ends) { /* those with further callers stand behind them */
		own = (struct range){scope->range.first, scope->range.first, level};
		while (own.last < scope->range.last && stacks[own.last].count == level + 1)
			own.last++;
	} else {
		own = node.parted ? around(stacks, count, at, level) : scope->range;
	}
	add_up(stacks, own, &node.lost, &clean);
	node.acquired = node.lost + clean;
	node.first = (uint32_t)own.first;
	node.last = (uint32_t)own.last;
	node.scope_first = (uint32_t)scope->range.first;
	node.scope_last = (uint32_t)scope->range.last;
	if (node.parted) {
		node.callers = scope->callers;
		node.leaking = scope->leaking;
		node.others_lost = scope->lost - node.lost;
		node.others_acquired = scope->lost + scope->clean - node.acquired;
	}
	return node;
}

bool separate(struct separate_stack *stacks, size_t count, struct separate_node **ret_nodes, size_t *ret_count)
{
	struct separate_node *nodes = calloc(count > 0 ? count : 1, sizeof *nodes);
	struct scope scope = {.range = {0, 0, 0}};
	size_t made = 0;

	if (nodes == NULL)
		return false;
	qsort(stacks, count, sizeof *stacks, by_places);
	for (size_t at = 0; at < count;) {
		struct range root = around(stacks, count, at, 0);
		resolve(stacks, root);
		at = root.last;
	}
	for (size_t at = 0; at < count; at++) {
		if (stacks[at].lost == 0)
			continue;
		/* The stacks of a node stand together. */
		if (made == 0 || at >= nodes[made - 1].last)
			nodes[made++] = describe(stacks, count, at, &scope);
		stacks[at].node = (uint32_t)(made - 1);
	}
	*ret_nodes = nodes;
	*ret_count = made;
	return true;
}
