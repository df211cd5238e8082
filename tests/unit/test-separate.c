// SPDX-License-Identifier: PostgreSQL
/*
 * test-separate.c - which caller leaks: what shares and numbers tell, on stacks made of numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/separate-tree.h"

static void one_caller_of_fifty(void **state)
{
	struct tree *tree = *state;
	for (int caller = 0; caller < 50; caller++)
		add(tree, caller == 17 ? 5 : 0, caller == 17 ? 0 : 40, WRAPPER, CALLER + caller, MAIN, 0);
	judge(tree);
	assert_int_equal(blamed(tree, 17), CALLER + 17);
	assert_int_equal(tree->node_count, 1);
	const struct separate_node *node = tree->nodes;
	assert_true(node->parted);
	assert_int_equal(node->level, 1);
	assert_int_equal(node->callers, 50);
	assert_int_equal(node->leaking, 1);
	assert_int_equal(node->lost, 5);
	assert_int_equal(node->acquired, 5);
	assert_int_equal(node->others_lost, 0);
	assert_int_equal(node->others_acquired, 49 * 40);
	assert_int_equal(node->scope_first, 0);
	assert_int_equal(node->scope_last, 50);
}

static void two_levels_out(void **state)
{
	struct tree *tree = *state;
	for (int caller = 0; caller < 50; caller++)
		add(tree, caller == 49 ? 5 : 0, caller == 49 ? 0 : 10, WRAPPER, MIDDLE, CALLER + caller, MAIN, 0);
	judge(tree);
	assert_int_equal(blamed(tree, 49), CALLER + 49);
	assert_int_equal(tree->nodes[0].level, 2);
	assert_int_equal(tree->nodes[0].callers, 50);
	assert_int_equal(tree->nodes[0].others_acquired, 490);
}

/* One of two ways into the wrapper has the bad caller: the way alone is not the answer. */
static void behind_one_of_two_ways(void **state)
{
	struct tree *tree = *state;
	for (int caller = 0; caller < 50; caller++)
		add(tree, caller == 7 ? 5 : 0, caller == 7 ? 0 : 10, WRAPPER, caller < 25 ? MIDDLE : MIDDLE + 50,
			CALLER + caller, MAIN, 0);
	judge(tree);
	assert_int_equal(blamed(tree, 7), CALLER + 7);
	assert_int_equal(tree->nodes[0].callers, 25);
	assert_int_equal(tree->nodes[0].others_acquired, 240);
}

static void several_bad_callers(void **state)
{
	struct tree *tree = *state;
	for (int caller = 0; caller < 50; caller++)
		add(tree, caller < 3 ? 4 : 0, caller < 3 ? 0 : 10, WRAPPER, CALLER + caller, MAIN, 0);
	judge(tree);
	assert_int_equal(tree->node_count, 3);
	for (uint32_t caller = 0; caller < 3; caller++)
		assert_int_equal(blamed(tree, caller), CALLER + caller);
	assert_int_equal(tree->nodes[1].leaking, 3);
	assert_int_equal(tree->nodes[1].others_lost, 8);
	assert_int_equal(tree->nodes[1].others_acquired, 478);
}

static void most_callers_are_bad(void **state)
{
	struct tree *tree = *state;
	for (int caller = 0; caller < 5; caller++)
		add(tree, caller < 4 ? 3 : 0, caller < 4 ? 0 : 100, WRAPPER, CALLER + caller, MAIN, 0);
	judge(tree);
	assert_int_equal(tree->node_count, 4);
	assert_int_equal(blamed(tree, 0), CALLER);
}

static void a_bad_caller_that_releases_some(void **state)
{
	struct tree *tree = *state;
	for (int caller = 0; caller < 50; caller++)
		add(tree, caller == 30 ? 5 : 0, caller == 30 ? 2 : 10, WRAPPER, CALLER + caller, MAIN, 0);
	judge(tree);
	assert_int_equal(blamed(tree, 30), CALLER + 30);
	assert_int_equal(tree->nodes[0].lost, 5);
	assert_int_equal(tree->nodes[0].acquired, 7);
	assert_int_equal(tree->nodes[0].others_acquired, 490);
}

static void a_line_that_always_leaks_is_not_split(void **state)
{
	struct tree *tree = *state;
	for (int depth = 0; depth < 12; depth++) {
		add(tree, 1, 0, WRAPPER, 0);
		struct separate_stack *stack = &tree->stacks[depth];
		for (int i = 0; i < depth; i++)
			tree->places[depth][stack->count++] = MIDDLE;
		tree->places[depth][stack->count++] = MAIN;
	}
	judge(tree);
	assert_int_equal(tree->node_count, 1);
	assert_int_equal(tree->nodes[0].level, 0);
	assert_false(tree->nodes[0].parted);
	assert_int_equal(tree->nodes[0].lost, 12);
}

/* It leaks 5 of 7, each from another place far out: what is far out does not tell, for each was seen but once. */
static void chance_far_out_is_no_pattern(void **state)
{
	struct tree *tree = *state;
	for (int path = 0; path < 7; path++)
		add(tree, path < 5, path >= 5, CALLER, MIDDLE, CALLER + 1 + path, MAIN, 0);
	judge(tree);
	assert_int_equal(tree->node_count, 1);
	assert_int_equal(blamed(tree, 0), CALLER);
}

/* The same, behind a wrapper that others use well: the caller is blamed, not what is outside it. */
static void chance_outside_a_bad_caller(void **state)
{
	struct tree *tree = *state;
	for (int path = 0; path < 7; path++)
		add(tree, path < 5, path >= 5, WRAPPER, CALLER, CALLER + 100 + path, MAIN, 0);
	for (int caller = 1; caller < 50; caller++)
		add(tree, 0, 10, WRAPPER, CALLER + caller, MAIN, 0);
	judge(tree);
	assert_int_equal(tree->node_count, 1);
	assert_int_equal(blamed(tree, 0), CALLER);
	assert_int_equal(tree->nodes[0].acquired, 7);
}

static void all_callers_leak_alike(void **state)
{
	struct tree *tree = *state;
	for (int caller = 0; caller < 20; caller++)
		add(tree, 1, 9, WRAPPER, CALLER + caller, MAIN, 0);
	judge(tree);
	assert_int_equal(tree->node_count, 1);
	assert_int_equal(blamed(tree, 5), WRAPPER);
	assert_int_equal(tree->nodes[0].acquired, 200);
}

/* One in a thousand is lost, whoever calls: ten callers of a hundred were hit. */
static void chance_at_a_wrapper_is_no_pattern(void **state)
{
	struct tree *tree = *state;
	for (int caller = 0; caller < 100; caller++)
		add(tree, caller % 10 == 7, 100, WRAPPER, CALLER + caller, MAIN, 0);
	judge(tree);
	assert_int_equal(tree->node_count, 1);
	assert_int_equal(blamed(tree, 7), WRAPPER);
}

/* Two callers forget now and then, the others never. */
static void callers_that_seldom_leak(void **state)
{
	struct tree *tree = *state;
	for (int caller = 0; caller < 100; caller++)
		add(tree, caller < 2 ? 3 : 0, 100, WRAPPER, CALLER + caller, MAIN, 0);
	judge(tree);
	assert_int_equal(tree->node_count, 2);
	assert_int_equal(blamed(tree, 1), CALLER + 1);
}

/* A stack that ends where others go on has no caller to blame. */
static void a_stack_that_ends(void **state)
{
	struct tree *tree = *state;
	add(tree, 5, 0, WRAPPER, CALLER, 0);
	add(tree, 0, 90, WRAPPER, CALLER, MAIN, 0);
	add(tree, 0, 10, WRAPPER, CALLER + 1, MAIN, 0);
	judge(tree);
	assert_int_equal(blamed(tree, 0), CALLER);
	assert_int_equal(tree->node_count, 1);
	assert_false(tree->nodes[0].parted);
	assert_int_equal(tree->nodes[0].lost, 5);
	assert_int_equal(tree->nodes[0].acquired, 5);
	assert_int_equal(tree->nodes[0].scope_last - tree->nodes[0].scope_first, 2);
}

/* The same places by two stacks (other calls of the same lines) are one. */
static void equal_places_are_one_caller(void **state)
{
	struct tree *tree = *state;
	add(tree, 1, 0, WRAPPER, CALLER, MAIN, 0);
	add(tree, 2, 0, WRAPPER, CALLER, MAIN, 0);
	add(tree, 0, 9, WRAPPER, CALLER + 1, MAIN, 0);
	judge(tree);
	assert_int_equal(tree->node_count, 1);
	assert_int_equal(tree->nodes[0].callers, 2);
	assert_int_equal(tree->nodes[0].lost, 3);
}

static void wrappers_do_not_mix(void **state)
{
	struct tree *tree = *state;
	add(tree, 5, 0, WRAPPER, CALLER, MAIN, 0);
	add(tree, 0, 5, WRAPPER, CALLER + 1, MAIN, 0);
	add(tree, 5, 0, WRAPPER + 50, CALLER, MAIN, 0);
	add(tree, 5, 0, WRAPPER + 50, CALLER + 1, MAIN, 0);
	judge(tree);
	assert_int_equal(tree->node_count, 2);
	assert_int_equal(blamed(tree, 0), CALLER);
	assert_int_equal(blamed(tree, 2), WRAPPER + 50);
	assert_int_equal(blamed(tree, 3), WRAPPER + 50);
}

/* The answer depends on nothing but places and numbers. */
static void order_does_not_matter(void **state)
{
	struct tree *tree = *state;
	uint32_t first[200];
	for (int caller = 0; caller < 200; caller++)
		add(tree, caller % 40 == 3, caller % 40 == 3 ? 0 : caller, WRAPPER, CALLER + caller % 60, MIDDLE + caller % 7,
			MAIN, 0);
	judge(tree);
	for (uint32_t id = 0; id < 200; id++)
		first[id] = blamed(tree, id);
	free(tree->nodes);
	for (size_t i = 0; i < 100; i++) {
		struct separate_stack other = tree->stacks[i];
		tree->stacks[i] = tree->stacks[199 - i];
		tree->stacks[199 - i] = other;
	}
	judge(tree);
	for (uint32_t id = 0; id < 200; id++)
		if (id % 40 == 3)
			assert_int_equal(blamed(tree, id), first[id]);
}

static void nothing(void **state)
{
	struct tree *tree = *state;
	judge(tree);
	assert_int_equal(tree->node_count, 0);
	add(tree, 0, 5, WRAPPER, MAIN, 0);
	free(tree->nodes);
	judge(tree);
	assert_int_equal(tree->node_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(one_caller_of_fifty),
		RULE(two_levels_out),
		RULE(behind_one_of_two_ways),
		RULE(several_bad_callers),
		RULE(most_callers_are_bad),
		RULE(a_bad_caller_that_releases_some),
		RULE(a_line_that_always_leaks_is_not_split),
		RULE(chance_far_out_is_no_pattern),
		RULE(chance_outside_a_bad_caller),
		RULE(chance_at_a_wrapper_is_no_pattern),
		RULE(callers_that_seldom_leak),
		RULE(all_callers_leak_alike),
		RULE(a_stack_that_ends),
		RULE(equal_places_are_one_caller),
		RULE(wrappers_do_not_mix),
		RULE(order_does_not_matter),
		RULE(nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
