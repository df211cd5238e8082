// SPDX-License-Identifier: PostgreSQL
/*
 * test-drain.c - events to rows over several drains, crashes in between, and
 * traces that change hands.
 */
#include "support.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* A crash after COMMIT and before the spool learnt of it: the next drain must not fold those events again. */
static void a_crash_before_retire_doubles_nothing(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, queried(s, RESULT, CONNECTION, 20 * MS));
	add(s, cleared(s, RESULT, 21 * MS));
	add(s, queried(s, RESULT, CONNECTION, 30 * MS));
	drain_now(s);
	atomic_store(&s->spool.header->tail, 0); /* as if spool_retire had not run */
	forget_drain(s);
	add(s, cleared(s, RESULT, 33 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count, total_ns, longest_ns FROM fold"), "count=2, total=4 ms, longest=3 ms");
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
	assert_string_equal(ask(s, "SELECT queries, used_ns FROM connection"), "queries=2, used=30 ms");
	assert_string_equal(ask(s, "SELECT drained, unseen_releases, unknown_releases FROM process"),
						"drained=5, unseen_releases=0, unknown_releases=0");
}

/* A new drain takes up what the trace says, and what it does not know again stays in the row. */
static void what_is_live_is_taken_up(void **state)
{
	struct scene *s = *state;
	struct event use = used(s, CONNECTION, 20 * MS);
	use.flags = EVENT_IS_QUERY;
	use.text = s->text;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, use);
	drain_now(s);
	forget_drain(s);
	add(s, (struct event){
			   .verb = EVENT_RESET, .kind = KIND_CONNECTION, .object = CONNECTION, .time = 25 * MS, .value = 42});
	drain_now(s);
	assert_string_equal(ask(s,
							"SELECT state, target, backend_pid, connect_ns, used_ns, use_function, statement, queries,"
							" resets, released_ns FROM connection"),
						"state=connected, target=1, backend_pid=42, connect=5 ns, used=20 ms, "
						"use_function=PQexec, statement=SELECT 1, queries=1, resets=1, released=NULL");
	forget_drain(s);
	add(s, finished(s, CONNECTION, 30 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT released_ns, used_ns, resets FROM connection"),
						"released=30 ms, used=20 ms, resets=1");
	/* Folded under the stack it was opened with, which only the trace still knew. */
	assert_string_equal(ask(s,
							"SELECT kind, total_ns, acquire_stack = (SELECT acquire_stack FROM connection) AS is_same"
							" FROM fold"),
						"kind=connection, total=20 ms, is_same=1");
}

struct writes {
	int inserted, updated;
};

static void count_write(void *closure, int what, const char *database, const char *table, sqlite3_int64 row)
{
	struct writes *writes = closure;
	(void)database, (void)row;
	writes->inserted += what == SQLITE_INSERT && strcmp(table, "connection") == 0;
	writes->updated += what == SQLITE_UPDATE && strcmp(table, "connection") == 0;
}

/* As drain_run, with an eye on what is written. */
static void drain_watched(struct scene *s, struct writes *writes)
{
	sqlite3 *db;
	struct trace_failure failure;
	assert_int_equal(trace_open(&db, s->trace, TRACE_EXTEND, 0, &failure), TRACE_OK);
	sqlite3_update_hook(db, count_write, writes);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(drain_into(s->drain, db, &failure), TRACE_OK);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void rows_are_written_once(void **state)
{
	struct scene *s = *state;
	struct writes writes = {0};
	drain_now(s);
	for (uint64_t i = 0; i < 10; i++) {
		add(s, opened(s, CONNECTION, 10 * MS));
		add(s, used(s, CONNECTION, 11 * MS));
		add(s, finished(s, CONNECTION, 12 * MS));
	}
	add(s, opened(s, CONNECTION, 20 * MS));
	drain_watched(s, &writes);
	drain_watched(s, &writes); /* nothing changed */
	assert_int_equal(writes.inserted, 11);
	assert_int_equal(writes.updated, 0);
}

static void events_are_kept_on_request(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM event"), "0");
	s->spool.header->keep_events = 1;
	add(s, queried(s, RESULT, CONNECTION, 20 * MS));
	add(s, ended(END_EXIT, 30 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT number, at_ns, verb, kind, object, parent, function, thread, status,"
							   " stack IS NULL AS has_no_stack FROM event"),
						"number=1, at=20 ms, verb=acquire, kind=result, object=RESULT, parent=CONNECTION, "
						"function=PQexec, thread=11, status=2, has_no_stack=0\n"
						"number=2, at=30 ms, verb=end, kind=NULL, object=0, parent=0, function=NULL, "
						"thread=0, status=1, has_no_stack=1");
}

static void a_removed_trace_is_said(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, opened(s, CONNECTION + 64, 11 * MS));
	drain_now(s);
	unlink(s->trace);
	add(s, finished(s, CONNECTION, 20 * MS));
	add(s, opened(s, CONNECTION + 128, 21 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT reason FROM incomplete"),
						"2 of its events were in a trace that was removed or replaced");
	assert_string_equal(ask(s, "SELECT address, unknown_releases, drained FROM connection JOIN process"),
						"address=CONNECTION + 128, unknown_releases=1, drained=4");
}

static void a_replaced_trace_gets_nothing_of_the_old_run(void **state)
{
	struct scene *s = *state;
	struct trace_failure failure = {0};
	sqlite3 *db = NULL;
	add(s, opened(s, CONNECTION, 10 * MS));
	drain_now(s);
	assert_int_equal(trace_open(&db, s->trace, TRACE_REPLACE, 1000, &failure), TRACE_OK);
	sqlite3_close(db);
	add(s, finished(s, CONNECTION, 20 * MS));
	assert_int_equal(drain_run(s->drain, s->trace, 1000, &failure), TRACE_SYSTEM);
	assert_non_null(strstr(failure.text, "was removed"));
	assert_string_equal(ask(s, "SELECT count(*) FROM process"), "0");
}

static void a_locked_trace_is_busy_and_nothing_is_lost(void **state)
{
	struct scene *s = *state;
	struct trace_failure failure = {0};
	sqlite3 *db = NULL;
	add(s, opened(s, CONNECTION, 10 * MS));
	drain_now(s);
	assert_int_equal(trace_open(&db, s->trace, TRACE_READ, 0, &failure), TRACE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	add(s, finished(s, CONNECTION, 20 * MS));
	assert_int_equal(drain_run(s->drain, s->trace, 10, &failure), TRACE_BUSY);
	sqlite3_close(db);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT released_ns, drained FROM connection JOIN process"),
						"released=20 ms, drained=2");
}

/* A reader that keeps its transaction open lets BEGIN through and stops the COMMIT: after the fold has changed. */
static void a_refused_commit_loses_nothing(void **state)
{
	struct scene *s = *state;
	struct trace_failure failure = {0};
	sqlite3 *db = NULL;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, queried(s, RESULT, CONNECTION, 11 * MS));
	drain_now(s);
	assert_int_equal(trace_open(&db, s->trace, TRACE_READ, 0, &failure), TRACE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT * FROM process", NULL, NULL, NULL), SQLITE_OK);
	add(s, cleared(s, RESULT, 20 * MS));
	assert_int_equal(drain_run(s->drain, s->trace, 10, &failure), TRACE_BUSY);
	sqlite3_close(db);
	forget_drain(s);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count, drained FROM fold JOIN process"), "count=1, drained=3");
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
}

static void two_processes_share_a_trace(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	drain_now(s);
	scene_new_spool(s, 0);
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, finished(s, CONNECTION, 10 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT id, process, released_ns IS NULL AS is_live FROM connection"),
						"id=1, process=1, is_live=1\n"
						"id=2, process=2, is_live=0");
	assert_string_equal(ask(s,
							"SELECT (SELECT count(*) FROM module) AS modules, (SELECT count(*) FROM target) AS targets,"
							" (SELECT count(*) FROM stack) AS stacks"),
						"modules=1, targets=1, stacks=5");
}

/*
 * A process that does nothing but open, query, clear and drain is killed at a random moment, again and again; whatever
 * it had done before each kill must be there exactly once.
 */
static void kills_lose_and_double_nothing(void **state)
{
	struct scene *s = *state;
	uint64_t pairs = 0;
	for (int round = 0; round < 60; round++) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			forget_drain(s);
			for (uint64_t i = 0;; i++) {
				struct trace_failure failure;
				struct event event = i % 2 == 0 ? queried(s, RESULT, 0, i) : cleared(s, RESULT, i);
				if (spool_append(&s->spool, &event) != 0 || drain_run(s->drain, s->trace, 1000, &failure) != TRACE_OK)
					_exit(1);
			}
		}
		usleep((useconds_t)(rand() % 8000));
		kill(child, SIGKILL);
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		/* The writer's private state died with it; the file is what counts. */
		struct event next = cleared(s, RESULT, 0);
		if (atomic_load(&s->spool.header->head) % 2 == 1)
			assert_int_equal(spool_append(&s->spool, &next), 0);
		pairs = atomic_load(&s->spool.header->head) / 2;
		if (pairs > SPOOL_SEGMENT_EVENTS / 2 - 50)
			break; /* no second segment: its place would be known only to the child */
	}
	assert_true(pairs > 0);
	forget_drain(s);
	drain_now(s);
	char expected[64];
	snprintf(expected, sizeof(expected), "%llu", (unsigned long long)pairs);
	assert_string_equal(ask(s, "SELECT sum(count) FROM fold"), expected);
	assert_string_equal(ask(s, "SELECT unseen_releases + unknown_releases FROM process"), "0");
	assert_string_equal(ask(s, "SELECT count(*) FROM resource"), "0");
	assert_string_equal(ask(s, "PRAGMA integrity_check"), "ok");
}

#define DRAIN(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DRAIN(a_crash_before_retire_doubles_nothing),
		DRAIN(what_is_live_is_taken_up),
		DRAIN(rows_are_written_once),
		DRAIN(events_are_kept_on_request),
		DRAIN(a_removed_trace_is_said),
		DRAIN(a_replaced_trace_gets_nothing_of_the_old_run),
		DRAIN(a_locked_trace_is_busy_and_nothing_is_lost),
		DRAIN(a_refused_commit_loses_nothing),
		DRAIN(two_processes_share_a_trace),
		DRAIN(kills_lose_and_double_nothing),
	};
	return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
