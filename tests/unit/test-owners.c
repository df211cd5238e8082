// SPDX-License-Identifier: PostgreSQL
/*
 * test-owners.c - which caller leaks: what those tell that release, on stacks made of numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/findings/owners.h"
#include "tests/unit/separate-tree.h"

/* Says of all stacks so far that what they acquired was released by the function at this level of theirs. */
static void all_owned_at(struct tree *tree, uint32_t level)
{
	for (size_t i = 0; i < tree->count; i++)
		tree->stacks[i].inner_owner = tree->stacks[i].outer_owner = level;
}

/* One loss tells nothing: somebody must have had it. */
static void a_single_loss(void **state)
{
	struct tree *tree = *state;
	for (int caller = 0; caller < 4; caller++)
		add(tree, caller == 2, caller == 2 ? 7 : 8, WRAPPER, CALLER + caller, MAIN, 0);
	judge(tree);
	assert_int_equal(blamed(tree, 2), WRAPPER);
	assert_int_equal(tree->nodes[0].acquired, 32);
}

static void one_case_against_a_handful(void **state)
{
	struct tree *tree = *state;
	add(tree, 1, 0, WRAPPER, CALLER, MAIN, 0);
	add(tree, 0, 5, WRAPPER, CALLER + 1, MAIN, 0);
	add(tree, 4, 0, WRAPPER + 50, CALLER, MAIN, 0);
	add(tree, 0, 1, WRAPPER + 50, CALLER + 1, MAIN, 0);
	judge(tree);
	assert_int_equal(blamed(tree, 0), WRAPPER);
	assert_int_equal(blamed(tree, 2), WRAPPER + 50);
}

/* The twin: many cases. */
static void one_case_against_many(void **state)
{
	struct tree *tree = *state;
	add(tree, 1, 0, WRAPPER, CALLER, MAIN, 0);
	add(tree, 0, 50, WRAPPER, CALLER + 1, MAIN, 0);
	add(tree, 4, 0, WRAPPER + 50, CALLER, MAIN, 0);
	add(tree, 0, 4, WRAPPER + 50, CALLER + 1, MAIN, 0);
	judge(tree);
	assert_int_equal(blamed(tree, 0), CALLER);
	assert_int_equal(blamed(tree, 2), CALLER);
}

/* Where callers release what they get, it is one of theirs that was lost, however few there are. */
static void what_is_handed_on_is_the_callers(void **state)
{
	struct tree *tree = *state;
	add(tree, 1, 0, WRAPPER, CALLER, MAIN, 0);
	add(tree, 0, 5, WRAPPER, CALLER + 1, MAIN, 0);
	all_owned_at(tree, 1);
	judge(tree);
	assert_int_equal(blamed(tree, 0), CALLER);
	assert_true(tree->nodes[0].parted);
}

/* What the wrapper releases itself it loses itself, though one caller alone comes by the bad way. */
static void what_is_kept_is_the_wrappers(void **state)
{
	struct tree *tree = *state;
	for (int caller = 0; caller < 10; caller++)
		add(tree, caller == 0 ? 20 : 0, caller == 0 ? 0 : 20, WRAPPER, CALLER + caller, MAIN, 0);
	all_owned_at(tree, 0);
	judge(tree);
	assert_int_equal(blamed(tree, 0), WRAPPER);
	assert_int_equal(tree->nodes[0].lost, 20);
	assert_int_equal(tree->nodes[0].acquired, 200);
}

/* One caller releases all that the wrapper gets, but for what it forgets: there is nobody to tell it from. */
static void the_only_caller_owns(void **state)
{
	struct tree *tree = *state;
	add(tree, 10, 30, WRAPPER, CALLER, MAIN, 0);
	all_owned_at(tree, 1);
	judge(tree);
	assert_int_equal(blamed(tree, 0), CALLER);
	assert_false(tree->nodes[0].parted);
	assert_int_equal(tree->nodes[0].lost, 10);
	assert_int_equal(tree->nodes[0].acquired, 40);
}

/* The twin: who is further out may release for whatever reason. */
static void the_callers_caller_does_not(void **state)
{
	struct tree *tree = *state;
	add(tree, 10, 30, WRAPPER, CALLER, MAIN, 0);
	all_owned_at(tree, 2);
	judge(tree);
	assert_int_equal(blamed(tree, 0), WRAPPER);
}

/* The twin: released by nobody who is known, it is the place that acquires. */
static void nobody_owns(void **state)
{
	struct tree *tree = *state;
	add(tree, 10, 30, WRAPPER, CALLER, MAIN, 0);
	judge(tree);
	assert_int_equal(blamed(tree, 0), WRAPPER);
	assert_int_equal(tree->nodes[0].acquired, 40);
}

/* All callers lose of what they own alike: what they have in common does it. */
static void owners_that_leak_alike(void **state)
{
	struct tree *tree = *state;
	for (int caller = 0; caller < 3; caller++)
		add(tree, 10, 10, WRAPPER, CALLER + caller, MAIN, 0);
	all_owned_at(tree, 1);
	judge(tree);
	assert_int_equal(tree->node_count, 1);
	assert_int_equal(blamed(tree, 1), WRAPPER);
}

/* What a caller that releases holds once at exit is neither lost nor clean. */
static void what_is_held_once(void **state)
{
	struct tree *tree = *state;
	add(tree, 20, 0, WRAPPER, CALLER, MAIN, 0);
	add(tree, 1, 19, WRAPPER, CALLER + 1, MAIN, 0);
	tree->stacks[1].held = 1;
	judge(tree);
	assert_int_equal(blamed(tree, 0), CALLER);
	assert_int_equal(blamed(tree, 1), CALLER + 1);
	const struct separate_node *node = &tree->nodes[tree->stacks[0].node];
	assert_true(node->parted);
	assert_int_equal(node->leaking, 1);
	assert_int_equal(node->others_lost, 0);
	assert_int_equal(node->others_acquired, 19);
}

/* The twin: it leaks, too. */
static void what_is_lost_among_others(void **state)
{
	struct tree *tree = *state;
	add(tree, 20, 0, WRAPPER, CALLER, MAIN, 0);
	add(tree, 1, 19, WRAPPER, CALLER + 1, MAIN, 0);
	judge(tree);
	assert_int_equal(blamed(tree, 0), WRAPPER);
	assert_int_equal(blamed(tree, 1), WRAPPER);
}

/* From the outermost place inwards: the function in which both part. */
static void owners_are_where_stacks_part(void **state)
{
	(void)state;
	/* main (3) calls job (2), which calls get (1); free (4) and fail (5) are others.  A place is a line: main's 30 and
	 * 31, ... */
#define CALLS(...)                                                                                                     \
	{                                                                                                                  \
		(const struct owner_call[]){__VA_ARGS__},                                                                      \
			sizeof((struct owner_call[]){__VA_ARGS__}) / sizeof(struct owner_call)                                     \
	}
	struct owner_calls acquired = CALLS({10, 1, 100}, {20, 2, 200}, {30, 3, 300});
	struct {
		struct owner_calls released;
		uint32_t level;
	} cases[] = {
		{CALLS({11, 1, 110}, {20, 2, 200}, {30, 3, 300}), 0},
		{CALLS({40, 4, 400}, {10, 1, 100}, {20, 2, 200}, {30, 3, 300}), 0},
		{CALLS({21, 2, 210}, {30, 3, 300}), 1},
		{CALLS({40, 4, 400}, {21, 2, 210}, {30, 3, 300}), 1},
		{CALLS({40, 4, 400}, {20, 2, 201}, {30, 3, 300}), 1}, /* on one line */
		{CALLS({20, 2, 201}, {30, 3, 300}), 1},
		{CALLS({11, 1, 110}, {20, 2, 200}, {31, 3, 310}), 2},
		{CALLS({40, 4, 400}, {20, 2, 200}, {30, 3, 300}), SEPARATE_NOBODY}, /* by one call */
		{CALLS({50, 5, 500}, {30, 3, 300}), SEPARATE_NOBODY},
		{CALLS({11, 1, 110}, {20, 2, 200}, {50, 5, 500}), SEPARATE_NOBODY},
		{{NULL, 0}, SEPARATE_NOBODY},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(owner_level(acquired, cases[i].released), cases[i].level);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(a_single_loss),
		RULE(one_case_against_a_handful),
		RULE(one_case_against_many),
		RULE(what_is_handed_on_is_the_callers),
		RULE(what_is_kept_is_the_wrappers),
		RULE(the_only_caller_owns),
		RULE(the_callers_caller_does_not),
		RULE(nobody_owns),
		RULE(owners_that_leak_alike),
		RULE(what_is_held_once),
		RULE(what_is_lost_among_others),
		RULE(owners_are_where_stacks_part),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
