// SPDX-License-Identifier: PostgreSQL
/*
 * test-held.c - the rules for transactions, queries in flight and COPY, and
 * how they survive a drain that is no more.
 */
#include "held.h"

static void transaction(struct scene *s, bool reload)
{
	struct event begin = left(s, TRANSACTION_OPEN, 20 * MS), end = left(s, TRANSACTION_IDLE, 90 * MS);
	begin.stack = s->open_stack;
	begin.text = s->text;
	end.stack = s->finish_stack;
	put(s, reload, opened(s, CONNECTION, 10 * MS));
	put(s, reload, begin);
	put(s, reload, left(s, TRANSACTION_OPEN, 30 * MS));
	struct event before_gap = left(s, TRANSACTION_FAILED, 35 * MS);
	before_gap.stack = s->clear_stack;
	put(s, reload, before_gap);
	put(s, reload, left(s, TRANSACTION_ACTIVE, 75 * MS)); /* active: still in it, and a use after 40 ms */
	drain_now(s);
	assert_string_equal(ask(s, "SELECT kind, connection, acquired_ns, acquire_function, used_ns, idle_ns,"
							   " statement, " PLACE("acquire_stack") ", " PLACE("idle_stack") " FROM resource"),
						"kind=transaction, connection=1, acquired=20 ms, acquire_function=PQexec, "
						"used=75 ms, idle=40 ms, statement=SELECT 1, acquire_stack=open, idle_stack=clear");
	put(s, reload, end);
	put(s, reload, left(s, TRANSACTION_IDLE, 95 * MS)); /* none is open */
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
	assert_string_equal(ask(s, pairs),
						"kind=transaction, acquire_stack=open, release_stack=finish, count=1, total=70 ms");
	assert_string_equal(ask(s, "SELECT longest_idle_ns, " PLACE("idle_stack") " FROM fold"),
						"longest_idle=40 ms, idle_stack=clear");
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
		struct event use = left(s, TRANSACTION_OPEN, (time + 1) * MS);
		use.stack = i == 1 ? s->clear_stack : s->exec_stack;
		add(s, left(s, TRANSACTION_OPEN, time * MS));
		add(s, use);
		add(s, left(s, TRANSACTION_IDLE, (time + 1 + idle[i]) * MS));
		time += 100;
		drain_now(s);
	}
	assert_string_equal(ask(s, "SELECT count, longest_idle_ns, " PLACE("idle_stack") " FROM fold"),
						"count=3, longest_idle=30 ms, idle_stack=clear");
	ingest_now(s); /* stores the view */
	assert_string_equal(ask(s, "SELECT count, open, longest_idle_ns FROM idle_in_transaction"),
						"count=3, open=0, longest_idle=30 ms");
}

static void a_wait_for_the_server_is_not_idle(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, left(s, TRANSACTION_OPEN, 20 * MS));
	add(s, sent(s, NO_FLAGS, 21 * MS));
	struct event null = drained(s, NO_FLAGS, 81 * MS);
	null.transaction = TRANSACTION_OPEN;
	add(s, null);
	/* A statement that says how long it took: 30 of 32 ms. */
	struct event slow = queried(s, RESULT, CONNECTION, 113 * MS);
	slow.transaction = TRANSACTION_OPEN;
	slow.duration = 500 | (uint64_t)30 << EVENT_BYTES_BITS;
	slow.rows = 7;
	add(s, slow);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT idle_ns FROM resource WHERE kind = 'transaction'"), "2 ms");
	assert_string_equal(ask(s, "SELECT rows, bytes FROM resource WHERE kind = 'result'"), "rows=7, bytes=500");
}

static const char last_use[] = "SELECT used_ns, use_function, queries, " PLACE("use_stack") " FROM connection";

static void what_ends_nothing_is_no_use(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, drained(s, NO_FLAGS, 11 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM connection WHERE used_ns IS NULL"), "1");
	add(s, left(s, TRANSACTION_IDLE, 20 * MS));
	put(s, true, drained(s, NO_FLAGS, 90 * MS));
	drain_now(s);
	assert_string_equal(ask(s, last_use), "used=20 ms, use_function=PQexec, queries=1, use_stack=exec");
	/* In a transaction, too, which is idle all the while. */
	struct event null = drained(s, NO_FLAGS, 130 * MS);
	null.transaction = TRANSACTION_OPEN;
	add(s, left(s, TRANSACTION_OPEN, 100 * MS));
	add(s, null);
	add(s, left(s, TRANSACTION_OPEN, 160 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT idle_ns FROM resource WHERE kind = 'transaction'"), "60 ms");
}

static void what_ends_a_query_is_a_use(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, sent(s, NO_FLAGS, 20 * MS));
	put(s, true, drained(s, NO_FLAGS, 90 * MS));
	add(s, drained(s, NO_FLAGS, 95 * MS));
	drain_now(s);
	assert_string_equal(ask(s, last_use), "used=90 ms, use_function=PQexec, queries=1, use_stack=clear");
	/* And one that says what no other has said. */
	struct event null = drained(s, NO_FLAGS, 130 * MS);
	null.transaction = TRANSACTION_OPEN;
	add(s, null);
	drain_now(s);
	assert_string_equal(ask(s, last_use), "used=130 ms, use_function=PQexec, queries=1, use_stack=clear");
}

static void a_lost_connection_has_no_transaction(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, left(s, TRANSACTION_OPEN, 20 * MS));
	struct event lost = left(s, TRANSACTION_UNKNOWN, 50 * MS);
	lost.flags |= EVENT_IS_BROKEN;
	add(s, lost);
	lost.time = 60 * MS;
	add(s, lost);
	add(s, finished(s, CONNECTION, 70 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM misuse"), "0");
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT broken_ns, idle_ns, " PLACE("broken.stack") " FROM broken"),
						"broken=50 ms, idle=30 ms, stack=exec");
	assert_string_equal(ask(s, "SELECT count(*) AS rows, count FROM fold WHERE kind = 'transaction'"),
						"rows=1, count=1");
}

/* It waited for the server within the call that found out. */
static void a_connection_is_not_idle_in_the_call_that_breaks(void **state)
{
	struct scene *s = *state;
	struct event lost = left(s, TRANSACTION_UNKNOWN, 50 * MS);
	lost.flags |= EVENT_IS_BROKEN;
	lost.duration = 25 * MS;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, left(s, TRANSACTION_IDLE, 20 * MS));
	add(s, lost);
	drain_now(s);
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT idle_ns FROM broken"), "5 ms");
}

/* Nor while the server is at work for it: whoever asks for the result may not have waited. */
static void a_connection_is_not_idle_while_a_query_runs(void **state)
{
	struct scene *s = *state;
	struct event lost = left(s, TRANSACTION_UNKNOWN, 50 * MS);
	lost.flags |= EVENT_IS_BROKEN;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, sent(s, NO_FLAGS, 20 * MS));
	add(s, lost);
	drain_now(s);
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT broken_ns, idle_ns FROM broken"), "broken=50 ms, idle=0 ms");
}

static void a_reset_ends_what_the_session_held(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, left(s, TRANSACTION_OPEN, 20 * MS));
	add(s, within(s, EVENT_ACQUIRE, KIND_STATEMENT, 77, 21 * MS));
	add(s, sent(s, NO_FLAGS, 22 * MS));
	add(s, (struct event){.verb = EVENT_RESET,
						  .kind = KIND_CONNECTION,
						  .object = CONNECTION,
						  .time = 30 * MS,
						  .stack = s->clear_stack,
						  .value = 5});
	add(s, finished(s, CONNECTION, 40 * MS));
	drain_now(s);
	assert_string_equal(ask(s, pairs),
						"kind=connection, acquire_stack=open, release_stack=finish, count=1, total=30 ms\n"
						"kind=query, acquire_stack=exec, release_stack=clear, count=1, total=8 ms\n"
						"kind=statement, acquire_stack=exec, release_stack=clear, count=1, total=9 ms\n"
						"kind=transaction, acquire_stack=exec, release_stack=clear, count=1, total=10 ms");
	assert_string_equal(ask(s, "SELECT count(*) FROM misuse"), "0");
}

static void a_query_is_in_flight_until_it_is_drained(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, sent(s, NO_FLAGS, 20 * MS));
	struct event result = queried(s, RESULT, CONNECTION, 30 * MS);
	result.flags = 0;
	add(s, result);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT kind, acquired_ns FROM resource ORDER BY 1"), "kind=query, acquired=20 ms\n"
																					 "kind=result, acquired=30 ms");
	add(s, drained(s, NO_FLAGS, 35 * MS));
	add(s, drained(s, NO_FLAGS, 36 * MS));
	add(s, sent(s, NO_FLAGS, 40 * MS));
	struct event refused = sent(s, NO_FLAGS, 41 * MS);
	refused.flags = EVENT_IS_QUERY; /* it returned 0 */
	add(s, refused);
	add(s, left(s, TRANSACTION_IDLE, 45 * MS)); /* an exec waits for what is in flight, and throws it away */
	drain_now(s);
	assert_string_equal(ask(s, pairs), "kind=query, acquire_stack=exec, release_stack=exec, count=1, total=5 ms\n"
									   "kind=query, acquire_stack=exec, release_stack=clear, count=1, total=15 ms");
	assert_string_equal(ask(s, "SELECT kind FROM resource"), "result");
}

static void pipeline(struct scene *s, bool reload)
{
	put(s, reload, opened(s, CONNECTION, MS));
	for (uint64_t i = 1; i <= 3; i++)
		put(s, reload, sent(s, EVENT_IN_PIPELINE, 10 * i * MS));
	put(s, reload, drained(s, EVENT_IN_PIPELINE, 41 * MS));
	/* Refused in a pipeline, so that nothing has ended. */
	struct event exec = left(s, TRANSACTION_ACTIVE, 42 * MS);
	exec.flags |= EVENT_IN_PIPELINE;
	put(s, reload, exec);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT acquired_ns FROM resource ORDER BY 1"), "20 ms\n"
																			   "30 ms");
	put(s, reload, drained(s, EVENT_IN_PIPELINE, 43 * MS));
	put(s, reload, drained(s, EVENT_IN_PIPELINE, 44 * MS));
	put(s, reload, drained(s, EVENT_IN_PIPELINE, 45 * MS)); /* there is no more */
	drain_now(s);
	assert_string_equal(ask(s, pairs), "kind=query, acquire_stack=exec, release_stack=clear, count=3, total=68 ms");
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
	assert_string_equal(ask(s, "SELECT acquired_ns FROM resource"), "30 ms");
}

static void a_copy_lasts_until_the_next_result(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, MS));
	add(s, copying(s, RESULT_COPY_IN, EVENT_IS_QUERY, 10 * MS));
	add(s, cleared(s, RESULT, 11 * MS));
	add(s, copying(s, RESULT_COPY_IN, NO_FLAGS, 12 * MS)); /* PQgetResult: still the same one */
	add(s, cleared(s, RESULT, 13 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT kind, acquired_ns, statement FROM resource"),
						"kind=copy, acquired=10 ms, statement=SEL");
	add(s, copying(s, RESULT_COMMAND_OK, NO_FLAGS, 20 * MS));
	add(s, cleared(s, RESULT, 21 * MS));
	add(s, drained(s, NO_FLAGS, 22 * MS));
	add(s, copying(s, RESULT_COPY_OUT, NO_FLAGS, 30 * MS));
	add(s, drained(s, NO_FLAGS, 33 * MS)); /* NULL */
	add(s, copying(s, RESULT_COPY_BOTH, EVENT_IS_QUERY, 40 * MS));
	add(s, left(s, TRANSACTION_IDLE, 45 * MS)); /* an exec */
	drain_now(s);
	assert_string_equal(ask(s, "SELECT sum(count) AS count, sum(total_ns) AS total_ns FROM fold WHERE kind = 'copy'"),
						"count=3, total=18 ms");
	assert_string_equal(ask(s, "SELECT count(*) FROM resource WHERE kind = 'copy'"), "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(a_transaction_is_held_between_two_looks),
		RULE(a_transaction_survives_the_drain),
		RULE(the_longest_idle_of_a_pair_is_kept),
		RULE(a_wait_for_the_server_is_not_idle),
		RULE(what_ends_nothing_is_no_use),
		RULE(what_ends_a_query_is_a_use),
		RULE(a_lost_connection_has_no_transaction),
		RULE(a_connection_is_not_idle_in_the_call_that_breaks),
		RULE(a_connection_is_not_idle_while_a_query_runs),
		RULE(a_reset_ends_what_the_session_held),
		RULE(a_query_is_in_flight_until_it_is_drained),
		RULE(a_pipeline_is_drained_one_by_one),
		RULE(a_pipeline_survives_the_drain),
		RULE(a_long_pipeline_is_counted_to_its_end),
		RULE(a_copy_lasts_until_the_next_result),
	};
	return cmocka_run_group_tests_name("held", tests, NULL, NULL);
}
