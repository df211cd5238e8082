// SPDX-License-Identifier: PostgreSQL
/*
 * test-held-names.c - the rules for prepared statements, large objects,
 * handles and memory, and what ends with their connection.
 */
#include "held.h"

static void statements(struct scene *s, bool reload)
{
	put(s, reload, opened(s, CONNECTION, MS));
	put(s, reload, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 7, 10 * MS));
	put(s, reload, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 8, 11 * MS));
	put(s, reload,
		within(s, EVENT_ACQUIRE, KIND_STATEMENT, 7, 12 * MS)); /* prepared anew: takes the place of the first */
	drain_now(s);
	assert_string_equal(ask(s, "SELECT address, acquired_ns FROM resource ORDER BY 1"), "address=7, acquired=12 ms\n"
																						"address=8, acquired=11 ms");
	put(s, reload, within(s, EVENT_RELEASE, KIND_STATEMENT, 7, 15 * MS));
	put(s, reload, within(s, EVENT_RELEASE, KIND_STATEMENT, 99, 15 * MS)); /* prepared in SQL: nobody knows it */
	drain_now(s);
	assert_string_equal(ask(s, pairs), "kind=statement, acquire_stack=exec, release_stack=clear, count=1, total=3 ms");
	put(s, reload, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 9, 16 * MS));
	put(s, reload, within(s, EVENT_RELEASE, KIND_STATEMENT, 0, 20 * MS)); /* DEALLOCATE ALL */
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
	assert_string_equal(ask(s, "SELECT count FROM fold"), "3");
	assert_string_equal(ask(s, "SELECT unseen_releases, unknown_releases FROM process"),
						"unseen_releases=0, unknown_releases=0");
}

static void statements_have_names(void **state)
{
	statements(*state, false);
}

static void statements_survive_the_drain(void **state)
{
	statements(*state, true);
}

static void names_belong_to_their_connection(void **state)
{
	struct scene *s = *state;
	struct event other = within(s, EVENT_ACQUIRE, KIND_STATEMENT, 7, 10 * MS);
	other.parent = CONNECTION + 64;
	add(s, opened(s, CONNECTION, MS));
	add(s, opened(s, CONNECTION + 64, MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 7, 10 * MS));
	add(s, other);
	add(s, within(s, EVENT_RELEASE, KIND_STATEMENT, 7, 15 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT connection FROM resource"), "2");
}

static void large_objects_end_with_their_transaction(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, MS));
	add(s, left(s, TRANSACTION_OPEN, 5 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_LARGE_OBJECT, 1, 10 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_LARGE_OBJECT, 2, 10 * MS));
	add(s, within(s, EVENT_RELEASE, KIND_LARGE_OBJECT, 1, 13 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT kind, address FROM resource ORDER BY 1"),
						"kind=large object, address=2\n"
						"kind=transaction, address=CONNECTION");
	add(s, left(s, TRANSACTION_IDLE, 20 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
	assert_string_equal(ask(s, pairs),
						"kind=large object, acquire_stack=exec, release_stack=exec, count=1, total=10 ms\n"
						"kind=large object, acquire_stack=exec, release_stack=clear, count=1, total=3 ms\n"
						"kind=transaction, acquire_stack=exec, release_stack=exec, count=1, total=15 ms");
}

static void a_connection_takes_with_it_what_it_holds(void **state)
{
	struct scene *s = *state;
	struct event finish = finished(s, CONNECTION, 50 * MS);
	finish.transaction = TRANSACTION_IDLE;
	add(s, opened(s, CONNECTION, MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 7, 10 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_CANCEL, 0x5000, 10 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_MEMORY, 0x6000, 10 * MS));
	add(s, queried(s, RESULT, CONNECTION, 11 * MS));
	drain_now(s);
	add(s, finish);
	drain_now(s);
	/* These are the caller's still. */
	assert_string_equal(ask(s, "SELECT kind, outlived FROM resource_life ORDER BY 1"), "kind=cancel, outlived=1\n"
																					   "kind=memory, outlived=1\n"
																					   "kind=result, outlived=1");
	assert_string_equal(ask(s, "SELECT kind, count FROM fold ORDER BY 1"), "kind=connection, count=1\n"
																		   "kind=statement, count=1");
	assert_string_equal(ask(s, "SELECT count(*) FROM misuse"), "0");
}

static void an_address_handed_out_again_takes_all_with_it(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, MS));
	add(s, left(s, TRANSACTION_OPEN, 5 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 7, 10 * MS));
	drain_now(s);
	add(s, opened(s, CONNECTION, 20 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
	assert_string_equal(ask(s, "SELECT count(*) FROM fold"), "0");
	assert_string_equal(ask(s, "SELECT unseen_releases FROM process"), "1");
}

static void an_inherited_connection_holds_nothing_that_is_claimed(void **state)
{
	struct scene *s = *state;
	add(s, left(s, TRANSACTION_OPEN, 5 * MS));
	add(s, sent(s, NO_FLAGS, 6 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 7, 10 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT state FROM connection"), "inherited");
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "3");
	assert_string_equal(ask(s, "SELECT DISTINCT verdict FROM resource_life"), "inherited");
	assert_string_equal(ask(s, "SELECT count(*) FROM outstanding"), "0");
}

static void handles_and_memory_are_folded(void **state)
{
	struct scene *s = *state;
	static const enum resource_kind kinds[] = {KIND_CANCEL, KIND_MEMORY};
	add(s, opened(s, CONNECTION, MS));
	for (int i = 0; i < 2; i++) {
		add(s, within(s, EVENT_ACQUIRE, kinds[i], 0x5000, 10 * MS));
		add(s, within(s, EVENT_RELEASE, kinds[i], 0x5000, 13 * MS));
		add(s, within(s, EVENT_ACQUIRE, kinds[i], 0x5000, 20 * MS));
		add(s, within(s, EVENT_ACQUIRE, kinds[i], 0x5000, 21 * MS)); /* freed by free(3), and handed out again */
		add(s, within(s, EVENT_RELEASE, kinds[i], 0x9000, 22 * MS));
	}
	/* The same address, another kind: they are apart. */
	add(s, queried(s, 0x5000, CONNECTION, 30 * MS));
	drain_now(s);
	assert_string_equal(ask(s, pairs), "kind=cancel, acquire_stack=exec, release_stack=clear, count=1, total=3 ms\n"
									   "kind=memory, acquire_stack=exec, release_stack=clear, count=1, total=3 ms");
	assert_string_equal(ask(s, "SELECT kind, acquired_ns, connection FROM resource ORDER BY 1"),
						"kind=cancel, acquired=21 ms, connection=1\n"
						"kind=memory, acquired=21 ms, connection=1\n"
						"kind=result, acquired=30 ms, connection=1");
	assert_string_equal(ask(s, "SELECT unseen_releases, unknown_releases FROM process"),
						"unseen_releases=2, unknown_releases=2");
	/* They are uses, but do not say what became of the transaction. */
	assert_string_equal(ask(s, "SELECT used_ns FROM connection"), "30 ms");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(statements_have_names),
		RULE(statements_survive_the_drain),
		RULE(names_belong_to_their_connection),
		RULE(large_objects_end_with_their_transaction),
		RULE(a_connection_takes_with_it_what_it_holds),
		RULE(an_address_handed_out_again_takes_all_with_it),
		FORKED(an_inherited_connection_holds_nothing_that_is_claimed),
		RULE(handles_and_memory_are_folded),
	};
	return cmocka_run_group_tests_name("held", tests, NULL, NULL);
}
