// SPDX-License-Identifier: PostgreSQL
/*
 * test-misuse.c - calls that must not be: which are told, under which stacks.
 */
#include "support.h"

#define RULE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
#define FORKED(name) cmocka_unit_test_setup_teardown(name, scene_setup_forked, scene_teardown)

/* kind, offending stack, where acquired, where released before, connection, count */
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
	assert_string_equal(ask(s, misuses), "use after finish|101|100|103|1|3");
	assert_string_equal(ask(s, "SELECT function, first_ns, last_ns FROM misuse"), "PQexec|30000000|50000000");
	/* The result is there all the same, and belongs to nobody. */
	assert_string_equal(ask(s, "SELECT kind, connection FROM resource"), "result|(null)");
	ingest_now(s); /* stores the view */
	assert_string_equal(ask(s, "SELECT kind, count FROM misuse_site"), "use after finish|3");
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
	assert_string_equal(ask(s, misuses), "finished twice|102|100|103|1|1");
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
	assert_string_equal(ask(s, misuses), "cleared twice|103|101|102|1|1");
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
	assert_string_equal(ask(s, "SELECT kind, count FROM misuse"), "cleared twice|1");
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
	assert_string_equal(ask(s, misuses), "used in child|101|(null)|(null)|1|2\n"
										 "finished in child|103|(null)|(null)|1|1\n"
										 "finished twice|103|100|103|2|1");
	assert_string_equal(ask(s, "SELECT acquire_stack, release_stack FROM misuse WHERE kind LIKE '%child'"), "0|0\n0|0");
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
	assert_string_equal(ask(s, misuses), "two threads|101|100|(null)|1|3");
	assert_string_equal(ask(s, "SELECT reason FROM incomplete"), "1 of its events are damaged");
}

static void finished_in_the_midst_of(void **state)
{
	struct scene *s = *state;
	struct event begin = used(s, CONNECTION, 20 * MS), send = used(s, CONNECTION, 21 * MS);
	struct event copy = queried(s, RESULT, CONNECTION, 22 * MS), finish = finished(s, CONNECTION, 60 * MS);
	begin.transaction = 2;
	begin.flags = EVENT_IS_QUERY | EVENT_IS_DRAINED;
	begin.stack = s->clear_stack;
	send.flags = EVENT_IS_QUERY | EVENT_IS_SEND;
	send.transaction = 1;
	copy.status = 3;
	copy.flags = 0;
	copy.transaction = 1;
	copy.stack = s->open_stack;
	finish.transaction = 1;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, begin);
	add(s, send);
	add(s, copy);
	drain_now(s);
	forget_drain(s);
	add(s, finish);
	drain_now(s);
	assert_string_equal(ask(s, misuses), "finished in copy|103|100|(null)|1|1\n"
										 "finished in transaction|103|102|(null)|1|1\n"
										 "finished with query|103|101|(null)|1|1");
	/* They ended with it, and are leaked no more. */
	assert_string_equal(ask(s, "SELECT kind FROM resource"), "result");
	assert_string_equal(ask(s, "SELECT kind, total_ns AS total FROM fold ORDER BY 1"),
						"connection|50000000\ncopy|38000000\nquery|39000000\ntransaction|40000000");
}

static void a_tidy_finish_is_no_misuse(void **state)
{
	struct scene *s = *state;
	struct event begin = used(s, CONNECTION, 20 * MS), finish = finished(s, CONNECTION, 60 * MS);
	begin.transaction = 2;
	finish.transaction = 0;
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
		RULE(a_tidy_finish_is_no_misuse),
	};
	return cmocka_run_group_tests_name("misuse", tests, NULL, NULL);
}
