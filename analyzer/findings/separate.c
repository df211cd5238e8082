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

/* What came of the stacks of a range. */
struct sum {
	int64_t lost, held, clean;
};

static struct sum add_up(const struct separate_stack *stacks, struct range range)
{
	struct sum sum = {0};

	for (size_t i = range.first; i < range.last; i++) {
		sum.lost += stacks[i].lost;
		sum.held += stacks[i].held;
		sum.clean += stacks[i].clean;
	}
	return sum;
}

/* Without what a correct caller may hold, unless there is nothing else. */
static int64_t truly_lost(struct sum sum)
{
	return sum.lost > sum.held ? sum.lost - sum.held : sum.lost;
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
	struct sum sum; /* by the blamed places */
	size_t blamed;  /* places */
	size_t cleared; /* callers beside them that lost nothing but what they hold, and released */
	bool owns;      /* it is one caller, whose function released all that came through it */
};

/* Who releases what comes through a place. */
enum owner {
	OWNER_MIXED,
	OWNER_ITSELF, /* its function, or one that it called */
	OWNER_CALLER, /* whoever called it: it hands everything on */
};

static enum owner owner_of(const struct separate_stack *stacks, struct range range)
{
	bool itself = true, caller = true;

	for (size_t i = range.first; i < range.last; i++) {
		if (stacks[i].clean == 0)
			continue;
		itself = itself && stacks[i].outer_owner <= range.level;
		caller = caller && stacks[i].inner_owner > range.level;
	}
	return itself ? OWNER_ITSELF : caller ? OWNER_CALLER : OWNER_MIXED;
}

/*
 * Whether it is a likely chance that all that was lost came through so few: of all ways to pick `lost` from `all`, more
 * than one in twenty picks from these `own` only.
 */
static bool is_chance(int64_t lost, int64_t own, int64_t all)
{
	double likely = 1;
	/* Picking what was lost from one's own is picking the others from what was released: the shorter way. */
	int64_t steps = lost < all - own ? lost : all - own;
	int64_t from = lost < all - own ? own : all - lost;

	for (int64_t i = 0; i < steps && likely > 0.05; i++)
		likely *= (double)(from - i) / (double)(all - i);
	return likely > 0.05;
}

/* What is lost now and then whoever calls hits different callers once each: so where there are several, they must have
 * lost twice on average; or they lose more than they release, and others are as many. */
static bool is_a_pattern(const struct split *split)
{
	return split->blamed == 1 || split->sum.lost / 2 >= (int64_t)split->blamed ||
		   (split->sum.clean <= split->sum.lost && split->blamed <= split->cleared);
}

/* Whether to blame these callers rather than what they call. */
static bool is_worth(const struct split *split, int64_t clean, enum owner owner)
{
	if (!is_a_pattern(split))
		return false;
	/* What is handed on is its caller's to release. */
	if (owner == OWNER_CALLER && split->blamed == 1)
		return split->owns || split->cleared > 0;
	/* Most of what was released must have come by others, and not by chance. */
	return split->sum.clean <= clean / 2 &&
		   (owner == OWNER_CALLER ||
			!is_chance(split->sum.lost, split->sum.lost + split->sum.clean, split->sum.lost + clean));
}

static void add_part(struct split *split, const struct split *part)
{
	split->sum.lost += part->sum.lost;
	split->sum.held += part->sum.held;
	split->sum.clean += part->sum.clean;
	split->blamed += part->blamed;
	split->cleared += part->cleared;
	split->owns = part->owns;
}

static struct split resolve(struct separate_stack *stacks, struct range range)
{
	struct split whole = {.sum = add_up(stacks, range), .blamed = 1};
	struct split split = {0};
	enum owner owner = owner_of(stacks, range);

	if (whole.sum.lost == 0)
		return (struct split){.cleared = 1};
	struct range caller = {.last = range.first};
	while (whole.sum.clean > 0 && owner != OWNER_ITSELF && caller.last < range.last) {
		caller = next_caller(stacks, range, caller.last);
		struct split part = {.sum = add_up(stacks, caller), .blamed = 1};
		if (caller.level > range.level)
			part = resolve(stacks, caller);
		else if (part.sum.lost > 0)
			blame(stacks, caller, true);
		else
			part = (struct split){.cleared = 1};
		/* What a correct caller holds once is neither lost nor clean. */
		if (part.blamed > 0 && part.sum.lost == part.sum.held && whole.sum.lost > whole.sum.held)
			split.cleared += part.sum.clean > 0;
		else if (part.blamed > 0)
			add_part(&split, &part);
		else
			split.cleared += part.cleared;
	}
	if (split.blamed > 0 && is_worth(&split, whole.sum.clean, owner)) {
		split.owns = false; /* whoever is further out is no caller of it */
		return split;
	}
	blame(stacks, range, false);
	whole.owns = whole.sum.clean > 0 && owner == OWNER_ITSELF;
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
	struct sum sum;
	uint32_t callers, leaking;
};

static struct scope look_around(const struct separate_stack *stacks, struct range range)
{
	struct scope scope = {.range = range, .sum = add_up(stacks, range)};
	struct range caller = {.last = range.first};

	while (caller.last < range.last) {
		caller = next_caller(stacks, range, caller.last);
		struct sum sum = add_up(stacks, caller);
		if (caller.level == range.level)
			continue; /* nobody's: the stack ends there */
		scope.callers++;
		scope.leaking += sum.lost > sum.held;
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
	bool ends = stacks[at].ends;
	struct separate_node node = {.level = level};
	struct range own;

	if (level > 0 && !ends && !is_in(&scope->range, at, level - 1))
		*scope = look_around(stacks, around(stacks, count, at, level - 1));
	node.parted = level > 0 && !ends && scope->callers > 1;
	if (!node.parted && !is_in(&scope->range, at, level))
		*scope = look_around(stacks, around(stacks, count, at, level));
	if (ends) { /* those with further callers stand behind them */
		own = (struct range){scope->range.first, scope->range.first, level};
		while (own.last < scope->range.last && stacks[own.last].count == level + 1)
			own.last++;
	} else {
		own = node.parted ? around(stacks, count, at, level) : scope->range;
	}
	struct sum sum = add_up(stacks, own);
	node.lost = truly_lost(sum);
	node.acquired = node.lost + sum.clean;
	node.first = (uint32_t)own.first;
	node.last = (uint32_t)own.last;
	node.scope_first = (uint32_t)scope->range.first;
	node.scope_last = (uint32_t)scope->range.last;
	if (node.parted) {
		node.callers = scope->callers;
		node.leaking = scope->leaking;
		/* What the others hold is not counted, and nor is it here beside what was lost. */
		node.others_lost = scope->sum.lost - scope->sum.held - (sum.lost - sum.held);
		node.others_acquired = node.others_lost + scope->sum.clean - sum.clean;
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
