// SPDX-License-Identifier: PostgreSQL
/*
 * separate-tree.h - stacks made of numbers, and what separate() says of them.
 *
 * Owns how such a tree is made and judged, for test-separate.c and test-owners.c.
 */
#ifndef PQLEAK_TESTS_UNIT_SEPARATE_TREE_H
#define PQLEAK_TESTS_UNIT_SEPARATE_TREE_H

#include "analyzer/findings/separate.h"

#define MOST_STACKS 2000
#define MOST_LEVELS 16
#define WRAPPER 1
#define MIDDLE 2
#define MAIN 3
#define CALLER 100 /* and the numbers after it */

struct tree {
	uint32_t places[MOST_STACKS][MOST_LEVELS];
	struct separate_stack stacks[MOST_STACKS];
	size_t count;
	struct separate_node *nodes;
	size_t node_count;
};

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct tree));
	return *state == NULL;
}

static int tear_down(void **state)
{
	struct tree *tree = *state;
	free(tree->nodes);
	free(tree);
	return 0;
}

/* Adds a stack; the places end with 0. */
static void add(struct tree *tree, int64_t lost, int64_t clean, ...)
{
	va_list places;
	uint32_t count = 0;
	uint32_t *to = tree->places[tree->count];

	va_start(places, clean);
	for (int place; (place = va_arg(places, int)) != 0;)
		to[count++] = (uint32_t)place;
	va_end(places);
	tree->stacks[tree->count] = (struct separate_stack){.places = to,
														.count = count,
														.id = (uint32_t)tree->count,
														.lost = lost,
														.clean = clean,
														.outer_owner = SEPARATE_NOBODY};
	tree->count++;
}

static void judge(struct tree *tree)
{
	assert_true(separate(tree->stacks, tree->count, &tree->nodes, &tree->node_count));
}

/* The place that is blamed for what stack `id` lost. */
static uint32_t blamed(const struct tree *tree, uint32_t id)
{
	for (size_t i = 0; i < tree->count; i++)
		if (tree->stacks[i].id == id)
			return tree->stacks[i].places[tree->stacks[i].level];
	return 0;
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
