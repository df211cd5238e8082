// SPDX-License-Identifier: PostgreSQL
/*
 * test-held.c - the rules for transactions, queries in flight and COPY, and
 * how they survive a drain that is no more.
 */
#include "held.h"

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
	};
	return cmocka_run_group_tests_name("held", tests, NULL, NULL);
}
