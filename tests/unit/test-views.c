// SPDX-License-Identifier: PostgreSQL
/*
 * test-views.c - what the views make of the tables: peaks, shapes, churn,
 * failed and broken connections, settings.
 */
#include "support.h"

#define VIEW(name) cmocka_unit_test_setup_teardown(name, set_up, scene_teardown)

/* The further views are stored by whoever looks first; the drains go on all the same. */
static int set_up(void **state)
{
	int result = scene_setup(state);
	struct scene *s = *state;
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM sqlite_schema WHERE name = 'misuse_site'"), "0");
	ingest_now(s);
	ingest_now(s); /* twice does no harm */
	assert_string_equal(ask(s, "SELECT count(*) FROM sqlite_schema WHERE name = 'misuse_site'"), "1");
	return result;
}

static void kinds_are_those_of_the_list(void **state)
{
	struct scene *s = *state;
	static const char expected[] = ""
#define KIND(name, text, key, one, several, released, unreleased, release)                                             \
	"\nkind=" text ", plural=" several ", unreleased=" unreleased ", released_by=" release
#include "trace/base/kinds.def"
		;
	drain_now(s);
	assert_string_equal(ask(s, "SELECT * FROM kind"), expected + 1);
}

static struct event failed(const struct scene *s, uint8_t error, uint64_t time)
{
	static uint64_t address = CONNECTION + 0x10000;
	struct event event = opened(s, address += 64, time);
	event.status = CONNECT_BAD;
	event.detail = error;
	event.value = 0;
	return event;
}

static void the_peak_is_kept(void **state)
{
	struct scene *s = *state;
	struct event other = opened(s, CONNECTION + 64, 20 * MS), third = opened(s, CONNECTION + 128, 50 * MS);
	other.stack = s->exec_stack;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, failed(s, CONNECT_ERROR_REFUSED, 15 * MS));
	add(s, other);
	add(s, finished(s, CONNECTION, 30 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT peak, peak_ns AS at_ns FROM process"), "peak=2, at=20000005 ns");
	forget_drain(s);
	add(s, third); /* two again: not more than before */
	drain_now(s);
	assert_string_equal(ask(s, "SELECT peak, peak_ns AS at_ns FROM process"), "peak=2, at=20000005 ns");
	assert_string_equal(
		ask(s, "SELECT process, " PLACE("acquire_stack") ", open FROM peak_site ORDER BY peak_site.acquire_stack"),
		"process=1, acquire_stack=open, open=1\n"
		"process=1, acquire_stack=exec, open=1");
	/* One begun elsewhere counts from when it is connected. */
	struct event start = opened(s, CONNECTION + 192, 60 * MS);
	start.status = CONNECT_STARTED;
	add(s, start);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT peak FROM process"), "2");
	add(s,
		(struct event){
			.verb = EVENT_OUTCOME, .kind = KIND_CONNECTION, .object = CONNECTION + 192, .time = 65 * MS, .value = 9});
	drain_now(s);
	assert_string_equal(ask(s, "SELECT peak, peak_ns AS at_ns FROM process"), "peak=3, at=65 ms");
	assert_string_equal(ask(s, "SELECT sum(open) FROM peak_site"), "3");
}

static void what_piles_up_is_counted(void **state)
{
	struct scene *s = *state;
	static const char piles[] =
		"SELECT kind, most, most_ns, until_ns, " PLACE("acquire_stack") " FROM pile ORDER BY pile.kind";

	/* One at a time, and what is cleared at once, is no pile. */
	add(s, opened(s, CONNECTION, 10 * MS));
	for (uint64_t i = 0; i < 3; i++) {
		add(s, queried(s, RESULT, CONNECTION, (11 + i) * MS));
		add(s, cleared(s, RESULT, (11 + i) * MS));
	}
	drain_now(s);
	assert_string_equal(ask(s, piles), "");
	for (uint64_t i = 0; i < 3; i++)
		add(s, queried(s, RESULT + 64 * i, CONNECTION, (20 + i) * MS));
	drain_now(s);
	assert_string_equal(ask(s, piles), "kind=result, most=3, most=22 ms, until=NULL, acquire_stack=exec");
	forget_drain(s);
	add(s, cleared(s, RESULT, 30 * MS));
	add(s, queried(s, RESULT, CONNECTION, 31 * MS)); /* three again: not more than before */
	drain_now(s);
	assert_string_equal(ask(s, piles), "kind=result, most=3, most=22 ms, until=30 ms, acquire_stack=exec");
	add(s, opened(s, CONNECTION + 64, 40 * MS));
	add(s, finished(s, CONNECTION + 64, 41 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT most, until_ns FROM pile WHERE kind = 'connection'"), "most=2, until=41 ms");
}

static void the_order_of_uses_is_kept(void **state)
{
	struct scene *s = *state;

	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, used(s, CONNECTION, 10 * MS)); /* in the tick in which the other is opened */
	add(s, opened(s, CONNECTION + 64, 10 * MS));
	add(s, finished(s, CONNECTION, 10 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT acquire_event, use_event, last_event FROM connection ORDER BY id"),
						"acquire_event=1, use_event=2, last_event=4\n"
						"acquire_event=3, use_event=0, last_event=3");
}

static void shapes_are_told_apart(void **state)
{
	struct scene *s = *state;
	struct event lone = opened(s, CONNECTION + 64, 20 * MS);
	lone.stack = s->exec_stack;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, opened(s, CONNECTION + 128, 30 * MS));
	add(s, lone);
	add(s, ended(END_EXIT, 90 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT kind, shape, count, " PLACE(
								   "acquire_stack") " FROM leak_shape ORDER BY leak_shape.acquire_stack"),
						"kind=connection, shape=grows, count=2, acquire_stack=open\n"
						"kind=connection, shape=held at exit, count=1, acquire_stack=exec");
}

static void churn_is_three_short_lives(void **state)
{
	struct scene *s = *state;
	for (uint64_t i = 1; i <= 3; i++) {
		assert_string_equal((drain_now(s), ask(s, "SELECT count(*) FROM churn")), "0");
		add(s, opened(s, CONNECTION, 10 * i * MS));
		add(s, queried(s, 0, CONNECTION, (10 * i + 1) * MS));
		add(s, finished(s, CONNECTION, (10 * i + 4) * MS));
	}
	drain_now(s);
	assert_string_equal(ask(s, "SELECT connections, mean_queries, mean_hold_ns, connect_ns FROM churn"),
						"connections=3, mean_queries=1.0, mean_hold=4 ms, connect=15 ns");
	/* One of them that lives for work says that the site is not of that sort. */
	add(s, opened(s, CONNECTION, 100 * MS));
	for (int i = 0; i < 3; i++)
		add(s, queried(s, 0, CONNECTION, 110 * MS));
	add(s, finished(s, CONNECTION, 120 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM churn"), "0");
}

static void failures_have_a_reason_and_a_pace(void **state)
{
	struct scene *s = *state;
	uint64_t time = 1000;
	for (uint64_t i = 0; i < 5; i++) {
		add(s, failed(s, CONNECT_ERROR_REFUSED, (1000 + i * 10) * MS));
		struct event patient = failed(s, CONNECT_ERROR_TIMEOUT, time * MS);
		patient.stack = s->exec_stack;
		add(s, patient);
		time += (uint64_t)100 << i;
	}
	add(s, failed(s, 200, 3000 * MS));
	drain_now(s);
	assert_string_equal(
		ask(s, "SELECT error, count, first_ns, last_ns, per_second, backs_off FROM failed_connect ORDER BY error"),
		"error=other, count=1, first=3000 ms, last=3000 ms, per_second=NULL, backs_off=NULL\n"
		"error=refused, count=5, first=1000 ms, last=1040 ms, per_second=100.0, backs_off=0\n"
		"error=timeout, count=5, first=1000 ms, last=2500 ms, per_second=2.66666666666667, "
		"backs_off=1");
	/* Connected after all: no failure. */
	struct event late = failed(s, CONNECT_ERROR_SSL, 4000 * MS);
	add(s, late);
	add(s, (struct event){
			   .verb = EVENT_RESET, .kind = KIND_CONNECTION, .object = late.object, .time = 4001 * MS, .value = 7});
	drain_now(s);
	assert_string_equal(ask(s, "SELECT state, error, backend_pid FROM connection ORDER BY id DESC LIMIT 1"),
						"state=connected, error=NULL, backend_pid=7");
}

/* A server's log of any of them finds the connection. */
static void every_backend_is_known(void **state)
{
	struct scene *s = *state;
	struct event reset = {
		.verb = EVENT_RESET, .kind = KIND_CONNECTION, .object = CONNECTION, .time = 20 * MS, .value = 42};
	struct event failed_reset = reset, again = reset;
	failed_reset.status = CONNECT_BAD;
	failed_reset.value = 0;
	failed_reset.time = 25 * MS;
	again.value = 43;
	again.time = 30 * MS;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, reset);
	drain_now(s);
	forget_drain(s);
	add(s, failed_reset);
	add(s, again);
	add(s, finished(s, CONNECTION, 40 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT backend_pid, from_ns, until_ns, latest FROM backend ORDER BY until_ns"),
						"backend_pid=4711, from=NULL, until=20 ms, latest=0\n"
						"backend_pid=42, from=20 ms, until=30 ms, latest=0\n"
						"backend_pid=43, from=30 ms, until=40 ms, latest=1");
}

static void settings_are_audited(void **state)
{
	struct scene *s = *state;
	static const char texts[] = "verify-full\0"
								"10\0"
								"0\0"
								"60\0"
								"5\0"
								"3\0"
								"9000\0"
								"read-write";
	uint64_t setting = spool_add_blob(&s->spool, BLOB_SETTINGS, texts, sizeof(texts));
	struct event asked = opened(s, CONNECTION, 10 * MS), gone = used(s, CONNECTION, 40 * MS);
	asked.value = 4711 | setting << 32;
	gone.flags = EVENT_IS_BROKEN;
	add(s, asked);
	asked.object += 64;
	asked.time = 20 * MS;
	add(s, asked);
	add(s, opened(s, CONNECTION + 128, 30 * MS)); /* nothing known of its settings */
	add(s, gone);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT sslmode, connect_timeout, keepalives, keepalives_idle, keepalives_interval,"
							   " keepalives_count, tcp_user_timeout, target_session_attrs, application_name, is_local,"
							   " ssl, count FROM audit ORDER BY count"),
						"sslmode=NULL, connect_timeout=NULL, keepalives=NULL, keepalives_idle=NULL, "
						"keepalives_interval=NULL, keepalives_count=NULL, tcp_user_timeout=NULL, "
						"target_session_attrs=NULL, application_name=app, is_local=0, ssl=1, count=1\n"
						"sslmode=verify-full, connect_timeout=10, keepalives=0, keepalives_idle=60, "
						"keepalives_interval=5, keepalives_count=3, tcp_user_timeout=9000, "
						"target_session_attrs=read-write, application_name=app, is_local=0, ssl=1, count=2");
	assert_string_equal(ask(s, "SELECT backend_pid FROM connection WHERE id = 1"), "4711");
	assert_string_equal(ask(s, "SELECT connection, broken_ns, idle_ns, keepalives, keepalives_idle FROM broken"),
						"connection=1, broken=40 ms, idle=29999995 ns, keepalives=0, keepalives_idle=60");
}

static void an_open_transaction_idles_to_the_end(void **state)
{
	struct scene *s = *state;
	struct event begin = used(s, CONNECTION, 20 * MS);
	begin.transaction = TRANSACTION_OPEN;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, begin);
	drain_now(s);
	/* While it runs, until now. */
	assert_string_equal(ask(s, "SELECT count, open, longest_idle_ns > 1000000000 AS idle FROM idle_in_transaction"),
						"count=1, open=1, idle=1");
	add(s, ended(END_EXIT, 90 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count, open, longest_idle_ns, " PLACE("idle_stack") " FROM idle_in_transaction"),
						"count=1, open=1, longest_idle=70 ms, idle_stack=exec");
	assert_string_equal(ask(s, "SELECT kind, verdict, count FROM verdict_count ORDER BY 1"),
						"kind=connection, verdict=leaked, count=1\n"
						"kind=transaction, verdict=leaked, count=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIEW(kinds_are_those_of_the_list),
		VIEW(the_peak_is_kept),
		VIEW(what_piles_up_is_counted),
		VIEW(the_order_of_uses_is_kept),
		VIEW(shapes_are_told_apart),
		VIEW(churn_is_three_short_lives),
		VIEW(failures_have_a_reason_and_a_pace),
		VIEW(every_backend_is_known),
		VIEW(settings_are_audited),
		VIEW(an_open_transaction_idles_to_the_end),
	};
	return cmocka_run_group_tests_name("views", tests, NULL, NULL);
}
