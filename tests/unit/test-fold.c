// SPDX-License-Identifier: PostgreSQL
/*
 * test-fold.c - the rules of the fold, one by one, as rows of the trace.
 */
#include "support.h"

#define RULE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
#define FORKED(name) cmocka_unit_test_setup_teardown(name, scene_setup_forked, scene_teardown)

static void a_connection_is_described(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	drain_now(s);
	assert_string_equal(ask(s,
							"SELECT state, backend_pid, thread, acquired_ns, connect_ns, acquire_function, used_ns,"
							" queries, released_ns, host, port, database, user, application_name, server_version, ssl"
							" FROM connection JOIN target ON target.id = target"),
						"state=connected, backend_pid=4711, thread=11, acquired=10 ms, connect=5 ns, "
						"acquire_function=PQconnectdb, used=NULL, queries=0, released=NULL, host=db.example, "
						"port=5432, database=shop, user=alice, application_name=app, server_version=150018, "
						"ssl=1");
	assert_string_equal(ask(s, "SELECT level, path, build_id, offset FROM connection JOIN stack_frame ON stack ="
							   " acquire_stack JOIN frame ON frame.id = frame JOIN module ON module.id = module"),
						"level=0, path=/bin/app, build_id=abcdef, offset=100\n"
						"level=1, path=/bin/app, build_id=abcdef, offset=200");
}

static void a_failed_attempt_is_a_connection(void **state)
{
	struct scene *s = *state;
	struct event event = opened(s, CONNECTION, MS);
	event.status = CONNECT_BAD;
	add(s, event);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT state FROM connection"), "failed");
}

static void an_outcome_decides_an_attempt(void **state)
{
	struct scene *s = *state;
	struct event event = opened(s, CONNECTION, 10 * MS);
	event.status = CONNECT_STARTED;
	event.text = 0;
	event.value = 0;
	add(s, event);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT state, target, backend_pid FROM connection"),
						"state=connecting, target=NULL, backend_pid=0");
	add(s, (struct event){.verb = EVENT_OUTCOME,
						  .kind = KIND_CONNECTION,
						  .object = CONNECTION,
						  .time = 17 * MS,
						  .text = s->target,
						  .value = 99});
	drain_now(s);
	assert_string_equal(ask(s, "SELECT state, target, backend_pid, connect_ns FROM connection"),
						"state=connected, target=1, backend_pid=99, connect=7 ms");
	/* What is decided stays decided. */
	add(s, (struct event){.verb = EVENT_OUTCOME,
						  .kind = KIND_CONNECTION,
						  .object = CONNECTION,
						  .time = 18 * MS,
						  .status = CONNECT_BAD});
	drain_now(s);
	assert_string_equal(ask(s, "SELECT state FROM connection"), "connected");
}

static void a_use_is_noted(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	struct event event = used(s, CONNECTION, 20 * MS);
	event.flags = EVENT_IS_QUERY;
	event.text = s->text;
	event.transaction = TRANSACTION_OPEN;
	add(s, event);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT used_ns, use_function, queries, statement, transaction_status FROM connection"),
						"used=20 ms, use_function=PQexec, queries=1, statement=SELECT 1, "
						"transaction_status=open");
	/* No keyword and no text: the statement stays; no flag: no query; an earlier time: the clock is coarse. */
	add(s, used(s, CONNECTION, 19 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT used_ns, queries, statement, transaction_status FROM connection"),
						"used=20 ms, queries=1, statement=SELECT 1, transaction_status=idle");
}

static void a_result_is_a_use_of_its_connection(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, queried(s, RESULT, CONNECTION, 20 * MS));
	add(s, queried(s, 0, CONNECTION, 30 * MS)); /* it returned NULL */
	drain_now(s);
	assert_string_equal(ask(s, "SELECT used_ns, queries, statement FROM connection"),
						"used=30 ms, queries=2, statement=SEL");
	assert_string_equal(ask(s, "SELECT address, connection, status, thread, acquired_ns, acquire_function, statement"
							   " FROM resource"),
						"address=RESULT, connection=1, status=2, thread=11, acquired=20 ms, "
						"acquire_function=PQexec, statement=SEL");
}

static void a_result_without_connection_uses_nothing(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, queried(s, RESULT, 0, 20 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT used_ns, queries FROM connection"), "used=NULL, queries=0");
	assert_string_equal(ask(s, "SELECT connection FROM resource"), "NULL");
}

static void results_are_folded(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, MS));
	for (uint64_t i = 1; i <= 3; i++) {
		add(s, queried(s, RESULT, CONNECTION, 10 * i * MS));
		add(s, cleared(s, RESULT, (10 * i + i) * MS));
	}
	add(s, queried(s, RESULT, CONNECTION, 90 * MS));
	drain_now(s);
	add(s, cleared(s, RESULT, 95 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT kind, count, total_ns, longest_ns FROM fold"),
						"kind=result, count=4, total=11 ms, longest=5 ms");
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
	assert_string_equal(ask(s, "SELECT unseen_releases, unknown_releases FROM process"),
						"unseen_releases=0, unknown_releases=0");
}

static void a_connection_is_kept_and_folded(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, finished(s, CONNECTION, 30 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT released_ns, release_thread, transaction_status FROM connection"),
						"released=30 ms, release_thread=12, transaction_status=idle");
	assert_string_equal(ask(s, "SELECT kind, count, total_ns FROM fold"), "kind=connection, count=1, total=20 ms");
}

/* Where the same two stacks meet again and again: what failed is counted apart. */
static void outcomes_are_told_apart(void **state)
{
	struct scene *s = *state;
	for (int i = 0; i < 6; i++) {
		static const uint8_t attempts[] = {CONNECT_OK, CONNECT_BAD, CONNECT_STARTED};
		struct event event = opened(s, CONNECTION, MS);
		event.status = attempts[i % 3];
		add(s, event);
		add(s, finished(s, CONNECTION, 2 * MS));
	}
	add(s, opened(s, CONNECTION, 3 * MS));
	for (uint8_t status = RESULT_COMMAND_OK; status <= RESULT_PIPELINE_ABORTED; status++) {
		struct event event = queried(s, RESULT, CONNECTION, 4 * MS);
		event.status = status;
		add(s, event);
		add(s, cleared(s, RESULT, 5 * MS));
	}
	drain_now(s);
	assert_string_equal(ask(s, "SELECT kind, outcome, count FROM fold ORDER BY 1, 2"),
						"kind=connection, outcome=, count=2\n"
						"kind=connection, outcome=connecting, count=2\n"
						"kind=connection, outcome=failed, count=2\n"
						"kind=copy, outcome=, count=3\n"
						"kind=result, outcome=, count=8\n"
						"kind=result, outcome=failed, count=3");
}

static void the_transaction_before_the_finish_is_kept(void **state)
{
	struct scene *s = *state;
	struct event use = used(s, CONNECTION, 15 * MS), finish = finished(s, CONNECTION, 30 * MS);
	use.transaction = TRANSACTION_OPEN;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, use);
	add(s, finish); /* unknown: the last look stays */
	finish.transaction = TRANSACTION_FAILED;
	add(s, opened(s, CONNECTION, 40 * MS));
	add(s, finish);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT transaction_status FROM connection ORDER BY id"), "open\n"
																						 "failed");
}

static void a_reset_keeps_the_identity(void **state)
{
	struct scene *s = *state;
	struct event reset = {.verb = EVENT_RESET,
						  .kind = KIND_CONNECTION,
						  .object = CONNECTION,
						  .time = 20 * MS,
						  .value = 5000,
						  .text = s->target,
						  .stack = s->exec_stack};
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, reset);
	reset.status = CONNECT_BAD;
	reset.value = 0;
	reset.time = 30 * MS;
	add(s, reset);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT state, resets, backend_pid FROM connection"),
						"state=connected, resets=2, backend_pid=5000");
	assert_string_equal(ask(s, "SELECT connection, at_ns, backend_pid, previous_pid FROM reset"),
						"connection=1, at=20 ms, backend_pid=5000, previous_pid=4711\n"
						"connection=1, at=30 ms, backend_pid=0, previous_pid=5000");
}

static void a_reused_address_is_an_unseen_release(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, queried(s, RESULT, CONNECTION, 20 * MS));
	drain_now(s);
	add(s, opened(s, CONNECTION, 30 * MS));
	add(s, queried(s, RESULT, CONNECTION, 40 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT unseen_releases FROM process"), "2");
	assert_string_equal(ask(s, "SELECT acquired_ns, released_ns, release_stack FROM connection ORDER BY id"),
						"acquired=10 ms, released=30 ms, release_stack=NULL\n"
						"acquired=30 ms, released=NULL, release_stack=NULL");
	assert_string_equal(ask(s, "SELECT acquired_ns, connection FROM resource"), "acquired=40 ms, connection=2");
	assert_string_equal(ask(s, "SELECT count(*) FROM fold"), "0");
}

static void unknown_releases_are_counted(void **state)
{
	struct scene *s = *state;
	add(s, finished(s, CONNECTION, MS));
	add(s, cleared(s, RESULT, MS));
	add(s, cleared(s, 0, MS)); /* PQclear(NULL) */
	add(s, used(s, CONNECTION, MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT unknown_releases, unseen_releases FROM process"),
						"unknown_releases=2, unseen_releases=0");
	assert_string_equal(ask(s, "SELECT count(*) FROM connection"), "0");
}

static void a_forked_process_inherits(void **state)
{
	struct scene *s = *state;
	add(s, used(s, CONNECTION, 20 * MS));
	add(s, finished(s, CONNECTION + 64, 30 * MS));
	add(s, opened(s, CONNECTION + 128, 40 * MS));
	add(s, ended(END_EXIT, 50 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT state, acquired_ns, acquire_function, released_ns FROM connection ORDER BY id"),
						"state=inherited, acquired=20 ms, acquire_function=PQexec, released=NULL\n"
						"state=inherited, acquired=30 ms, acquire_function=, released=30 ms\n"
						"state=connected, acquired=40 ms, acquire_function=PQconnectdb, released=NULL");
	assert_string_equal(ask(s, "SELECT verdict, count FROM verdict_count ORDER BY 1"), "verdict=inherited, count=2\n"
																					   "verdict=leaked, count=1");
	assert_string_equal(ask(s, "SELECT parent, unknown_releases FROM process"),
						"parent=000000000000feed, unknown_releases=0");
	assert_string_equal(ask(s, "SELECT count(*) FROM fold"), "0");
}

static void no_hold_is_negative(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, queried(s, RESULT, CONNECTION, 8 * MS)); /* the coarse clock */
	add(s, cleared(s, RESULT, 7 * MS));
	add(s, finished(s, CONNECTION, 9 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT total_ns FROM fold"), "5 ns\n"
															 "0 ms");
	assert_string_equal(ask(s, "SELECT used_ns, released_ns FROM connection"),
						"used=10000005 ns, released=10000005 ns");
}

static void an_end_can_be_revoked(void **state)
{
	struct scene *s = *state;
	add(s, ended(END_EXEC, 10 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT end, ended_ns FROM process"), "end=exec, ended=10 ms");
	add(s, (struct event){.verb = EVENT_END_REVOKED, .time = 11 * MS});
	drain_now(s);
	assert_string_equal(ask(s, "SELECT end, ended_ns FROM process"), "end=NULL, ended=NULL");
	add(s, ended(END_RAW_EXIT, 12 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT end, ended_ns FROM process"), "end=_exit, ended=12 ms");
}

static void an_unknown_stack_still_has_a_call_site(void **state)
{
	struct scene *s = *state;
	struct event event = opened(s, CONNECTION, 10 * MS);
	event.stack = 0;
	add(s, event);
	event.object += 64;
	event.stack = s->target; /* a blob, but no stack */
	add(s, event);
	add(s, ended(END_EXIT, 50 * MS));
	drain_now(s);
	ingest_now(s); /* stores the views of call sites */
	assert_string_equal(ask(s, "SELECT kind, leaked FROM leak_site"), "kind=connection, leaked=2");
}

static void nonsense_is_said(void **state)
{
	struct scene *s = *state;
	add(s, (struct event){.verb = 200, .kind = KIND_RESULT});
	add(s, (struct event){.verb = EVENT_ACQUIRE, .kind = 77, .object = 1});
	drain_now(s);
	assert_string_equal(ask(s, "SELECT reason FROM incomplete"), "2 of its events are damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(a_connection_is_described),
		RULE(a_failed_attempt_is_a_connection),
		RULE(an_outcome_decides_an_attempt),
		RULE(a_use_is_noted),
		RULE(a_result_is_a_use_of_its_connection),
		RULE(a_result_without_connection_uses_nothing),
		RULE(results_are_folded),
		RULE(a_connection_is_kept_and_folded),
		RULE(outcomes_are_told_apart),
		RULE(the_transaction_before_the_finish_is_kept),
		RULE(a_reset_keeps_the_identity),
		RULE(a_reused_address_is_an_unseen_release),
		RULE(unknown_releases_are_counted),
		FORKED(a_forked_process_inherits),
		RULE(no_hold_is_negative),
		RULE(an_end_can_be_revoked),
		RULE(an_unknown_stack_still_has_a_call_site),
		RULE(nonsense_is_said),
	};
	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
