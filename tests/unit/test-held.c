// SPDX-License-Identifier: PostgreSQL
/*
 * test-held.c - the rules for what a connection holds: transactions, queries
 * in flight, COPY, prepared statements, large objects; and how all of it
 * survives a drain that is no more.
 */
#include "support.h"

#define RULE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
#define FORKED(name) cmocka_unit_test_setup_teardown(name, scene_setup_forked, scene_teardown)

static const char pairs[] = "SELECT kind, " PLACE("acquire_stack") ", " PLACE(
	"release_stack") ", count, total_ns AS total FROM fold ORDER BY kind, 2, 3";

/* A statement that left the connection in this transaction status. */
static struct event left(const struct scene *s, uint8_t transaction, uint64_t time)
{
	struct event event = used(s, CONNECTION, time);
	event.flags = EVENT_IS_QUERY | EVENT_IS_DRAINED;
	event.transaction = transaction;
	return event;
}

static struct event sent(const struct scene *s, uint8_t flags, uint64_t time)
{
	struct event event = used(s, CONNECTION, time);
	event.flags = EVENT_IS_QUERY | EVENT_IS_SEND | flags;
	event.transaction = 1;
	return event;
}

static struct event drained(const struct scene *s, uint8_t flags, uint64_t time)
{
	struct event event = used(s, CONNECTION, time);
	event.flags = EVENT_IS_DRAINED | flags;
	event.stack = s->clear_stack;
	return event;
}

static struct event copying(const struct scene *s, uint8_t status, uint8_t flags, uint64_t time)
{
	struct event event = queried(s, RESULT, CONNECTION, time);
	event.status = status;
	event.flags = flags;
	event.transaction = 1;
	return event;
}

static struct event within(const struct scene *s, enum event_verb verb, enum resource_kind kind, uint64_t object,
						   uint64_t time)
{
	return (struct event){.verb = verb,
						  .kind = kind,
						  .object = object,
						  .parent = CONNECTION,
						  .time = time,
						  .function = s->exec,
						  .stack = verb == EVENT_ACQUIRE ? s->exec_stack : s->clear_stack,
						  .thread = 11};
}

/* After each event the drain may be thrown away: what follows must not notice. */
static void put(struct scene *s, bool reload, struct event event)
{
	add(s, event);
	if (!reload)
		return;
	drain_now(s);
	forget_drain(s);
}

static void transaction(struct scene *s, bool reload)
{
	struct event begin = left(s, 2, 20 * MS), end = left(s, 0, 90 * MS);
	begin.stack = s->open_stack;
	begin.text = s->text;
	end.stack = s->finish_stack;
	put(s, reload, opened(s, CONNECTION, 10 * MS));
	put(s, reload, begin);
	put(s, reload, left(s, 2, 30 * MS));
	struct event before_gap = left(s, 3, 35 * MS);
	before_gap.stack = s->clear_stack;
	put(s, reload, before_gap);
	put(s, reload, left(s, 1, 75 * MS)); /* active: still in it, and a use after 40 ms */
	drain_now(s);
	assert_string_equal(ask(s, "SELECT kind, connection, acquired_ns, acquire_function, used_ns, idle_ns AS idle,"
							   " statement, " PLACE("acquire_stack") ", " PLACE("idle_stack") " FROM resource"),
						"transaction|1|20000000|PQexec|75000000|40000000|SELECT 1|100|102");
	put(s, reload, end);
	put(s, reload, left(s, 0, 95 * MS)); /* none is open */
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
	assert_string_equal(ask(s, pairs), "transaction|100|103|1|70000000");
	assert_string_equal(ask(s, "SELECT longest_idle_ns AS idle, " PLACE("idle_stack") " FROM fold"), "40000000|102");
}

static void a_transaction_is_held_between_two_looks(void **state)
{
	transaction(*state, false);
}

static void a_transaction_survives_the_drain(void **state)
{
	transaction(*state, true);
}

static void the_longest_idle_of_a_pair_is_kept(void **state)
{
	struct scene *s = *state;
	static const uint64_t idle[] = {5, 30, 7};
	uint64_t time = 10;
	add(s, opened(s, CONNECTION, time * MS));
	for (int i = 0; i < 3; i++) {
		struct event use = left(s, 2, (time + 1) * MS);
		use.stack = i == 1 ? s->clear_stack : s->exec_stack;
		add(s, left(s, 2, time * MS));
		add(s, use);
		add(s, left(s, 0, (time + 1 + idle[i]) * MS));
		time += 100;
		drain_now(s);
	}
	assert_string_equal(ask(s, "SELECT count, longest_idle_ns AS idle, " PLACE("idle_stack") " FROM fold"),
						"3|30000000|102");
	ingest_now(s); /* stores the view */
	assert_string_equal(ask(s, "SELECT count, open, longest_idle_ns AS idle FROM idle_in_transaction"), "3|0|30000000");
}

static void a_wait_for_the_server_is_not_idle(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, left(s, 2, 20 * MS));
	add(s, sent(s, 0, 21 * MS));
	struct event null = drained(s, 0, 81 * MS);
	null.transaction = 2;
	add(s, null);
	/* A statement that says how long it took: 30 of 32 ms. */
	struct event slow = queried(s, RESULT, CONNECTION, 113 * MS);
	slow.transaction = 2;
	slow.duration = 500 | (uint64_t)30 << EVENT_BYTES_BITS;
	slow.rows = 7;
	add(s, slow);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT idle_ns AS idle FROM resource WHERE kind = 'transaction'"), "2000000");
	assert_string_equal(ask(s, "SELECT rows, bytes FROM resource WHERE kind = 'result'"), "7|500");
}

static void a_lost_connection_has_no_transaction(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, left(s, 2, 20 * MS));
	struct event lost = left(s, 4, 50 * MS);
	lost.flags |= EVENT_IS_BROKEN;
	add(s, lost);
	lost.time = 60 * MS;
	add(s, lost);
	add(s, finished(s, CONNECTION, 70 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM misuse"), "0");
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT broken_ns, idle_ns AS idle, " PLACE("broken.stack") " FROM broken"),
						"50000000|30000000|101");
	assert_string_equal(ask(s, "SELECT count(*), count FROM fold WHERE kind = 'transaction'"), "1|1");
}

static void a_reset_ends_what_the_session_held(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, left(s, 2, 20 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 77, 21 * MS));
	add(s, sent(s, 0, 22 * MS));
	add(s, (struct event){.verb = EVENT_RESET,
						  .kind = KIND_CONNECTION,
						  .object = CONNECTION,
						  .time = 30 * MS,
						  .stack = s->clear_stack,
						  .value = 5});
	add(s, finished(s, CONNECTION, 40 * MS));
	drain_now(s);
	assert_string_equal(ask(s, pairs), "connection|100|103|1|30000000\nquery|101|102|1|8000000\n"
									   "statement|101|102|1|9000000\ntransaction|101|102|1|10000000");
	assert_string_equal(ask(s, "SELECT count(*) FROM misuse"), "0");
}

static void a_query_is_in_flight_until_it_is_drained(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, sent(s, 0, 20 * MS));
	struct event result = queried(s, RESULT, CONNECTION, 30 * MS);
	result.flags = 0;
	add(s, result);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT kind, acquired_ns FROM resource ORDER BY 1"), "query|20000000\nresult|30000000");
	add(s, drained(s, 0, 35 * MS));
	add(s, drained(s, 0, 36 * MS));
	add(s, sent(s, 0, 40 * MS));
	struct event refused = sent(s, 0, 41 * MS);
	refused.flags = EVENT_IS_QUERY; /* it returned 0 */
	add(s, refused);
	add(s, left(s, 0, 45 * MS)); /* an exec waits for what is in flight, and throws it away */
	drain_now(s);
	assert_string_equal(ask(s, pairs), "query|101|101|1|5000000\nquery|101|102|1|15000000");
	assert_string_equal(ask(s, "SELECT kind FROM resource"), "result");
}

static void pipeline(struct scene *s, bool reload)
{
	put(s, reload, opened(s, CONNECTION, MS));
	for (uint64_t i = 1; i <= 3; i++)
		put(s, reload, sent(s, EVENT_IN_PIPELINE, 10 * i * MS));
	put(s, reload, drained(s, EVENT_IN_PIPELINE, 41 * MS));
	/* Refused in a pipeline, so that nothing has ended. */
	struct event exec = left(s, 1, 42 * MS);
	exec.flags |= EVENT_IN_PIPELINE;
	put(s, reload, exec);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT acquired_ns FROM resource ORDER BY 1"), "20000000\n30000000");
	put(s, reload, drained(s, EVENT_IN_PIPELINE, 43 * MS));
	put(s, reload, drained(s, EVENT_IN_PIPELINE, 44 * MS));
	put(s, reload, drained(s, EVENT_IN_PIPELINE, 45 * MS)); /* there is no more */
	drain_now(s);
	assert_string_equal(ask(s, pairs), "query|101|102|3|68000000");
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
}

static void a_pipeline_is_drained_one_by_one(void **state)
{
	pipeline(*state, false);
}

static void a_pipeline_survives_the_drain(void **state)
{
	pipeline(*state, true);
}

static void a_long_pipeline_is_counted_to_its_end(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, MS));
	for (int i = 0; i < 70; i++)
		add(s, sent(s, EVENT_IN_PIPELINE, 10 * MS));
	for (int i = 0; i < 70; i++)
		add(s, drained(s, EVENT_IN_PIPELINE, 20 * MS));
	add(s, sent(s, EVENT_IN_PIPELINE, 30 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count FROM fold"), "64");
	assert_string_equal(ask(s, "SELECT acquired_ns FROM resource"), "30000000");
}

static void a_copy_lasts_until_the_next_result(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, MS));
	add(s, copying(s, 4, EVENT_IS_QUERY, 10 * MS));
	add(s, cleared(s, RESULT, 11 * MS));
	add(s, copying(s, 4, 0, 12 * MS)); /* PQgetResult: still the same one */
	add(s, cleared(s, RESULT, 13 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT kind, acquired_ns, statement FROM resource"), "copy|10000000|SEL");
	add(s, copying(s, 1, 0, 20 * MS)); /* COMMAND_OK */
	add(s, cleared(s, RESULT, 21 * MS));
	add(s, drained(s, 0, 22 * MS));
	add(s, copying(s, 3, 0, 30 * MS));
	add(s, drained(s, 0, 33 * MS)); /* NULL */
	add(s, copying(s, 8, EVENT_IS_QUERY, 40 * MS));
	add(s, left(s, 0, 45 * MS)); /* an exec */
	drain_now(s);
	assert_string_equal(ask(s, "SELECT sum(count), sum(total_ns) AS total FROM fold WHERE kind = 'copy'"),
						"3|18000000");
	assert_string_equal(ask(s, "SELECT count(*) FROM resource WHERE kind = 'copy'"), "0");
}

static void statements(struct scene *s, bool reload)
{
	put(s, reload, opened(s, CONNECTION, MS));
	put(s, reload, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 7, 10 * MS));
	put(s, reload, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 8, 11 * MS));
	put(s, reload,
		within(s, EVENT_ACQUIRE, KIND_STATEMENT, 7, 12 * MS)); /* prepared anew: takes the place of the first */
	drain_now(s);
	assert_string_equal(ask(s, "SELECT address, acquired_ns FROM resource ORDER BY 1"), "7|12000000\n8|11000000");
	put(s, reload, within(s, EVENT_RELEASE, KIND_STATEMENT, 7, 15 * MS));
	put(s, reload, within(s, EVENT_RELEASE, KIND_STATEMENT, 99, 15 * MS)); /* prepared in SQL: nobody knows it */
	drain_now(s);
	assert_string_equal(ask(s, pairs), "statement|101|102|1|3000000");
	put(s, reload, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 9, 16 * MS));
	put(s, reload, within(s, EVENT_RELEASE, KIND_STATEMENT, 0, 20 * MS)); /* DEALLOCATE ALL */
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
	assert_string_equal(ask(s, "SELECT count FROM fold"), "3");
	assert_string_equal(ask(s, "SELECT unseen_releases, unknown_releases FROM process"), "0|0");
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
	add(s, left(s, 2, 5 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_LARGE_OBJECT, 1, 10 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_LARGE_OBJECT, 2, 10 * MS));
	add(s, within(s, EVENT_RELEASE, KIND_LARGE_OBJECT, 1, 13 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT kind, address FROM resource ORDER BY 1"), "large object|2\ntransaction|4096");
	add(s, left(s, 0, 20 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
	assert_string_equal(ask(s, pairs), "large object|101|101|1|10000000\nlarge object|101|102|1|3000000\n"
									   "transaction|101|101|1|15000000");
}

static void a_connection_takes_with_it_what_it_holds(void **state)
{
	struct scene *s = *state;
	struct event finish = finished(s, CONNECTION, 50 * MS);
	finish.transaction = 0;
	add(s, opened(s, CONNECTION, MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 7, 10 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_CANCEL, 0x5000, 10 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_MEMORY, 0x6000, 10 * MS));
	add(s, queried(s, RESULT, CONNECTION, 11 * MS));
	drain_now(s);
	add(s, finish);
	drain_now(s);
	/* These are the caller's still. */
	assert_string_equal(ask(s, "SELECT kind, outlived FROM resource_life ORDER BY 1"), "cancel|1\nmemory|1\nresult|1");
	assert_string_equal(ask(s, "SELECT kind, count FROM fold ORDER BY 1"), "connection|1\nstatement|1");
	assert_string_equal(ask(s, "SELECT count(*) FROM misuse"), "0");
}

static void an_address_handed_out_again_takes_all_with_it(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, MS));
	add(s, left(s, 2, 5 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 7, 10 * MS));
	drain_now(s);
	add(s, opened(s, CONNECTION, 20 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
	assert_string_equal(ask(s, "SELECT count(*) FROM fold"), "0");
	assert_string_equal(ask(s, "SELECT unseen_releases FROM process"), "1");
}

static void an_inherited_connection_holds_nothing_here(void **state)
{
	struct scene *s = *state;
	add(s, left(s, 2, 5 * MS));
	add(s, sent(s, 0, 6 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 7, 10 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT state FROM connection"), "inherited");
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
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
	assert_string_equal(ask(s, pairs), "cancel|101|102|1|3000000\nmemory|101|102|1|3000000");
	assert_string_equal(ask(s, "SELECT kind, acquired_ns, connection FROM resource ORDER BY 1"),
						"cancel|21000000|1\nmemory|21000000|1\nresult|30000000|1");
	assert_string_equal(ask(s, "SELECT unseen_releases, unknown_releases FROM process"), "2|2");
	/* They are uses, but do not say what became of the transaction. */
	assert_string_equal(ask(s, "SELECT used_ns FROM connection"), "30000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(a_transaction_is_held_between_two_looks),
		RULE(a_transaction_survives_the_drain),
		RULE(the_longest_idle_of_a_pair_is_kept),
		RULE(a_wait_for_the_server_is_not_idle),
		RULE(a_lost_connection_has_no_transaction),
		RULE(a_reset_ends_what_the_session_held),
		RULE(a_query_is_in_flight_until_it_is_drained),
		RULE(a_pipeline_is_drained_one_by_one),
		RULE(a_pipeline_survives_the_drain),
		RULE(a_long_pipeline_is_counted_to_its_end),
		RULE(a_copy_lasts_until_the_next_result),
		RULE(statements_have_names),
		RULE(statements_survive_the_drain),
		RULE(names_belong_to_their_connection),
		RULE(large_objects_end_with_their_transaction),
		RULE(a_connection_takes_with_it_what_it_holds),
		RULE(an_address_handed_out_again_takes_all_with_it),
		FORKED(an_inherited_connection_holds_nothing_here),
		RULE(handles_and_memory_are_folded),
	};
	return cmocka_run_group_tests_name("held", tests, NULL, NULL);
}
