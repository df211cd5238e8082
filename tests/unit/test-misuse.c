// SPDX-License-Identifier: PostgreSQL
/*
 * test-misuse.c - calls that must not be: which are told, under which stacks.
 */
#include "support.h"

#define RULE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
#define FORKED(name) cmocka_unit_test_setup_teardown(name, scene_setup_forked, scene_teardown)

/* The stacks: of the offending call, where it was acquired, where it was released before. */
static const char misuses[] = "SELECT kind, " PLACE("misuse.stack") ", " PLACE("acquire_stack") ", " PLACE(
	"release_stack") ", connection, count FROM misuse ORDER BY first_ns, kind";

static void a_use_after_the_finish(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, finished(s, CONNECTION, 20 * MS));
	add(s, used(s, CONNECTION, 30 * MS));
	add(s, queried(s, RESULT, CONNECTION, 40 * MS));
	drain_now(s);
	add(s, used(s, CONNECTION, 50 * MS));
	drain_now(s);
	assert_string_equal(ask(s, misuses), "kind=use after finish, stack=exec, acquire_stack=open, release_stack=finish, "
										 "connection=1, count=3");
	assert_string_equal(ask(s, "SELECT function, first_ns, last_ns FROM misuse"),
						"function=PQexec, first=30 ms, last=50 ms");
	/* The result is there all the same, and belongs to nobody. */
	assert_string_equal(ask(s, "SELECT kind, connection FROM resource"), "kind=result, connection=NULL");
	ingest_now(s); /* stores the view */
	assert_string_equal(ask(s, "SELECT kind, count FROM misuse_site"), "kind=use after finish, count=3");
	/* The address again, for another connection: that one may be used. */
	add(s, opened(s, CONNECTION, 60 * MS));
	add(s, used(s, CONNECTION, 61 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT sum(count) FROM misuse"), "3");
}

static void a_second_finish(void **state)
{
	struct scene *s = *state;
	struct event again = finished(s, CONNECTION, 30 * MS);
	again.stack = s->clear_stack;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, finished(s, CONNECTION, 20 * MS));
	add(s, again);
	add(s, finished(s, CONNECTION + 640, 40 * MS)); /* never seen before: unknown, not wrong */
	drain_now(s);
	assert_string_equal(ask(s, misuses), "kind=finished twice, stack=clear, acquire_stack=open, release_stack=finish, "
										 "connection=1, count=1");
	assert_string_equal(ask(s, "SELECT unknown_releases FROM process"), "1");
	assert_string_equal(ask(s, "SELECT count FROM fold"), "1");
}

static void a_second_clear(void **state)
{
	struct scene *s = *state;
	struct event again = cleared(s, RESULT, 40 * MS);
	again.stack = s->finish_stack;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, queried(s, RESULT, CONNECTION, 20 * MS));
	add(s, cleared(s, RESULT, 30 * MS));
	add(s, again);
	add(s, queried(s, RESULT, CONNECTION, 50 * MS));
	add(s, cleared(s, RESULT, 60 * MS));
	drain_now(s);
	assert_string_equal(ask(s, misuses), "kind=cleared twice, stack=finish, acquire_stack=exec, release_stack=clear, "
										 "connection=1, count=1");
	assert_string_equal(ask(s, "SELECT unknown_releases FROM process"), "0");
}

/* Only what was cleared is told; an address that is not remembered any more is an unknown release. */
static void a_double_clear_is_told_while_it_is_remembered(void **state)
{
	struct scene *s = *state;
	for (uint64_t i = 1; i <= 20000; i++) {
		add(s, queried(s, i * 64, 0, i));
		add(s, cleared(s, i * 64, i));
	}
	add(s, cleared(s, 20000 * 64, MS));
	add(s, cleared(s, 20001 * 64, MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT kind, count FROM misuse"), "kind=cleared twice, count=1");
	assert_string_equal(ask(s, "SELECT unknown_releases FROM process"), "1");
}

static void an_inherited_connection(void **state)
{
	struct scene *s = *state;
	struct event escape = {.verb = EVENT_ACQUIRE,
						   .kind = KIND_MEMORY,
						   .object = 0x6000,
						   .parent = CONNECTION,
						   .time = 5 * MS,
						   .stack = s->open_stack};
	add(s, escape); /* talks to no server */
	add(s, used(s, CONNECTION, 10 * MS));
	add(s, queried(s, RESULT, CONNECTION, 20 * MS));
	add(s, finished(s, CONNECTION, 30 * MS));
	add(s, opened(s, CONNECTION, 40 * MS));
	add(s, used(s, CONNECTION, 41 * MS)); /* the child's own */
	add(s, finished(s, CONNECTION, 42 * MS));
	add(s, finished(s, CONNECTION, 43 * MS)); /* and not the parent's any more */
	drain_now(s);
	assert_string_equal(ask(s, misuses),
						"kind=used in child, stack=exec, acquire_stack=NULL, release_stack=NULL, "
						"connection=1, count=2\n"
						"kind=finished in child, stack=finish, acquire_stack=NULL, release_stack=NULL, "
						"connection=1, count=1\n"
						"kind=finished twice, stack=finish, acquire_stack=open, release_stack=finish, "
						"connection=2, count=1");
	assert_string_equal(ask(s, "SELECT acquire_stack, release_stack FROM misuse WHERE kind LIKE '%child'"),
						"acquire_stack=0, release_stack=0\n"
						"acquire_stack=0, release_stack=0");
}

static void two_threads(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	for (uint64_t i = 0; i < 3; i++)
		add(s, (struct event){.verb = EVENT_MISUSE,
							  .kind = KIND_CONNECTION,
							  .detail = MISUSE_TWO_THREADS,
							  .object = CONNECTION,
							  .value = 12,
							  .time = (20 + i) * MS,
							  .function = s->exec,
							  .stack = s->exec_stack});
	add(s, (struct event){.verb = EVENT_MISUSE, .detail = 99});
	drain_now(s);
	assert_string_equal(ask(s, misuses),
						"kind=two threads, stack=exec, acquire_stack=open, release_stack=NULL, connection=1, "
						"count=3");
	assert_string_equal(ask(s, "SELECT reason FROM incomplete"), "1 of its events are damaged");
}

static void finished_in_the_midst_of(void **state)
{
	struct scene *s = *state;
	struct event begin = used(s, CONNECTION, 20 * MS), send = used(s, CONNECTION, 21 * MS);
	struct event copy = queried(s, RESULT, CONNECTION, 22 * MS), finish = finished(s, CONNECTION, 60 * MS);
	begin.transaction = TRANSACTION_OPEN;
	begin.flags = EVENT_IS_QUERY | EVENT_IS_DRAINED;
	begin.stack = s->clear_stack;
	send.flags = EVENT_IS_QUERY | EVENT_IS_SEND;
	send.transaction = TRANSACTION_ACTIVE;
	copy.status = RESULT_COPY_OUT;
	copy.flags = 0;
	copy.transaction = TRANSACTION_ACTIVE;
	copy.stack = s->open_stack;
	finish.transaction = TRANSACTION_ACTIVE;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, begin);
	add(s, send);
	add(s, copy);
	drain_now(s);
	forget_drain(s);
	add(s, finish);
	drain_now(s);
	assert_string_equal(ask(s, misuses),
						"kind=finished in copy, stack=finish, acquire_stack=exec, release_stack=NULL, "
						"connection=1, count=1\n"
						"kind=finished in transaction, stack=finish, acquire_stack=clear, "
						"release_stack=NULL, connection=1, count=1");
	/* They ended with it, and are leaked no more. */
	assert_string_equal(ask(s, "SELECT kind FROM resource"), "result");
	assert_string_equal(ask(s, "SELECT kind, total_ns FROM fold ORDER BY 1"), "kind=connection, total=50 ms\n"
																			  "kind=copy, total=39 ms\n"
																			  "kind=query, total=39 ms\n"
																			  "kind=transaction, total=40 ms");
}

/* A query was sent, and so much of its answer was fetched before the connection was finished. */
static const char *finished_after(struct scene *s, const struct event *fetched, uint8_t transaction)
{
	struct event send = used(s, CONNECTION, 21 * MS), finish = finished(s, CONNECTION, 60 * MS);
	send.flags = EVENT_IS_QUERY | EVENT_IS_SEND;
	send.transaction = TRANSACTION_ACTIVE;
	finish.transaction = transaction;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, send);
	if (fetched != NULL)
		add(s, *fetched);
	drain_now(s);
	forget_drain(s);
	add(s, finish);
	drain_now(s);
	return ask(s, "SELECT kind FROM misuse");
}

static void a_query_that_runs_is_misused(void **state)
{
	assert_string_equal(finished_after(*state, NULL, TRANSACTION_ACTIVE), "finished with query");
}

static void a_row_of_it_is_no_answer(void **state)
{
	struct scene *s = *state;
	struct event row = queried(s, RESULT, CONNECTION, 22 * MS);
	row.flags = 0;
	row.status = 9; /* PGRES_SINGLE_TUPLE */
	row.transaction = TRANSACTION_ACTIVE;
	assert_string_equal(finished_after(s, &row, TRANSACTION_ACTIVE), "finished with query");
}

/* Only the last NULL was not fetched, and libpq still says that it is at work. */
static void a_query_that_was_answered_is_not(void **state)
{
	struct scene *s = *state;
	struct event result = queried(s, RESULT, CONNECTION, 22 * MS);
	result.flags = 0;
	result.status = RESULT_TUPLES_OK;
	result.transaction = TRANSACTION_ACTIVE;
	assert_string_equal(finished_after(s, &result, TRANSACTION_ACTIVE), "");
}

static void nor_one_after_which_nothing_runs(void **state)
{
	assert_string_equal(finished_after(*state, NULL, TRANSACTION_IDLE), "");
}

static void a_tidy_finish_is_no_misuse(void **state)
{
	struct scene *s = *state;
	struct event begin = used(s, CONNECTION, 20 * MS), finish = finished(s, CONNECTION, 60 * MS);
	begin.transaction = TRANSACTION_OPEN;
	finish.transaction = TRANSACTION_IDLE;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, begin);
	add(s, used(s, CONNECTION, 30 * MS));
	add(s, finish);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM misuse"), "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(a_use_after_the_finish),
		RULE(a_second_finish),
		RULE(a_second_clear),
		RULE(a_double_clear_is_told_while_it_is_remembered),
		FORKED(an_inherited_connection),
		RULE(two_threads),
		RULE(finished_in_the_midst_of),
		RULE(a_query_that_runs_is_misused),
		RULE(a_row_of_it_is_no_answer),
		RULE(a_query_that_was_answered_is_not),
		RULE(nor_one_after_which_nothing_runs),
		RULE(a_tidy_finish_is_no_misuse),
	};
	return cmocka_run_group_tests_name("misuse", tests, NULL, NULL);
}
