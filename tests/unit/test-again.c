// SPDX-License-Identifier: PostgreSQL
/*
 * test-again.c - what is counted in the spool leaves what it leaves when each event is appended.
 *
 * Random programs, of which the same events go into two spools, one that counts and one that does not; a writer that
 * is stopped at each of its instructions; and a reader that looks on while a writer counts.
 */
#include "support.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/fold/fold.h"
#include "trace/spool/again.h"

static struct again_writer counts;

static void add_counting(struct scene *s, const struct event *event)
{
	if (!again_add(&counts, event))
		add(s, *event);
}

/* --- random programs --- */

static uint64_t seed = 88172645463325252u;

static unsigned pick(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

static uint64_t now;

enum { CONNECTIONS = 3, SITES = 3 };

static struct event called(const struct scene *s, uint8_t verb, uint8_t kind, uint64_t object, unsigned site)
{
	now += pick(3) * MS;
	return (struct event){
		.verb = verb,
		.kind = kind,
		.object = object,
		.time = now,
		.thread = 11,
		.stack = site % 2 == 0 ? s->exec_stack : s->clear_stack,
		.function = (uint16_t)(site % 3 == 0 ? s->exec : s->connectdb),
	};
}

static uint64_t connection_at(unsigned number)
{
	return CONNECTION + number * 16;
}

/* A statement that waited, or one that was sent; sometimes in a transaction, or with a step too few. */
static size_t write_statement(const struct scene *s, struct event *ret)
{
	unsigned site = pick(SITES);
	uint64_t connection = connection_at(pick(CONNECTIONS)), result = RESULT + pick(3) / 2 * 16;
	uint8_t transaction = pick(30) == 0 ? 2 : 0;
	size_t n = 0;
	bool is_sent = site == 2;
	if (is_sent) {
		ret[n] = called(s, EVENT_USE, KIND_CONNECTION, connection, site);
		ret[n].flags = EVENT_IS_QUERY | EVENT_IS_SEND;
		ret[n].value = 1 + site;
		ret[n++].transaction = 1;
	}
	ret[n] = called(s, EVENT_ACQUIRE, KIND_RESULT, result, site);
	ret[n].parent = connection;
	ret[n].status = pick(20) == 0 ? 7 : 2;
	ret[n].flags = is_sent ? 0 : EVENT_IS_QUERY | EVENT_IS_DRAINED;
	ret[n].value = is_sent ? 0 : 1 + site;
	ret[n++].transaction = transaction;
	if (is_sent) {
		ret[n] = called(s, EVENT_USE, KIND_CONNECTION, connection, site);
		ret[n].flags = EVENT_IS_DRAINED;
		ret[n].stack = pick(8) == 0 ? s->finish_stack : s->exec_stack;
		ret[n++].transaction = transaction;
	}
	ret[n++] = called(s, EVENT_RELEASE, KIND_RESULT, result, site + 1);
	if (is_sent && pick(2) == 0) {
		struct event last = ret[n - 1];
		ret[n - 1] = ret[n - 2];
		ret[n - 2] = last;
	}
	return pick(40) == 0 ? n - 1 : n;
}

/* Long runs of statements, and between them what ends a run. */
static size_t write_some(const struct scene *s, struct event *ret)
{
	if (pick(25) != 0)
		return write_statement(s, ret);
	uint64_t connection = connection_at(pick(CONNECTIONS));
	switch (pick(4)) {
	case 0:
		ret[0] = called(s, EVENT_RELEASE, KIND_CONNECTION, connection, 0);
		return 1;
	case 1: /* what is cleared twice */
		ret[0] = called(s, EVENT_RELEASE, KIND_RESULT, RESULT, 1);
		return 1;
	default:
		ret[0] = called(s, EVENT_ACQUIRE, KIND_CONNECTION, connection, 0);
		ret[0].text = s->target;
		return 1;
	}
}

static const char *const questions[] = {
	"SELECT id, state, used_ns, use_function, use_stack, queries, statement, transaction_status, released_ns,"
	" release_stack FROM connection",
	/* In the order in which they were used last, for a forked child to judge by. */
	"SELECT id FROM connection ORDER BY last_event",
	"SELECT kind, connection, acquired_ns, acquire_stack, statement, rows, bytes, status, used_ns, idle_ns, address"
	" FROM resource",
	"SELECT kind, outcome, acquire_stack, release_stack, count, total_ns, longest_ns, longest_idle_ns FROM fold"
	" ORDER BY 1, 2, 3, 4",
	"SELECT kind, stack, acquire_stack, release_stack, connection, function, sum(count), min(first_ns) AS first_ns,"
	" max(last_ns) AS last_ns FROM misuse GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5",
	"SELECT unseen_releases, unknown_releases, drained + counted FROM process",
};

enum { PROGRAMS = 18, STATEMENTS = 600 };

static void run_program(struct scene *plain, struct scene *counting, bool is_read_at_the_end)
{
	again_reset(&counts, &counting->spool);
	now = 100 * MS;
	/* A cycle and its count may come to lie in two segments. */
	for (uint64_t fill = SPOOL_SEGMENT_EVENTS - 1 - pick(40); fill > 0; fill--) {
		add(plain, (struct event){.verb = EVENT_USE, .kind = KIND_CONNECTION});
		add(counting, (struct event){.verb = EVENT_USE, .kind = KIND_CONNECTION});
	}
	for (int i = 0; i < STATEMENTS; i++) {
		struct event some[4];
		size_t n = write_some(plain, some);
		for (size_t e = 0; e < n; e++) {
			add(plain, some[e]);
			add_counting(counting, &some[e]);
		}
		if (is_read_at_the_end || pick(200) != 0)
			continue;
		counting->spool.drain_until = again_seal(&counts);
		drain_now(counting);
		drain_now(plain);
	}
	counting->spool.drain_until = again_seal(&counts);
}

/* Sometimes the process drains, sometimes it is killed and its spool is read. */
static void counting_is_as_appending(void **unused)
{
	(void)unused;
	uint64_t counted = 0;
	for (int i = 0; i < PROGRAMS; i++) {
		void *plain, *counting;
		bool is_forked = i % 3 == 0, is_read = i % 2 == 0;
		assert_int_equal((is_forked ? scene_setup_forked : scene_setup)(&plain), 0);
		assert_int_equal((is_forked ? scene_setup_forked : scene_setup)(&counting), 0);
		run_program(plain, counting, is_read);
		counted += ((struct scene *)counting)->spool.taken_off;
		if (is_read) {
			die(plain);
			die(counting);
			ingest_now(plain);
			ingest_now(counting);
		} else {
			drain_now(plain);
			drain_now(counting);
		}
		for (size_t q = 0; q < sizeof questions / sizeof questions[0]; q++) {
			char *expected = strdup(ask(plain, questions[q]));
			assert_string_equal(ask(counting, questions[q]), expected);
			free(expected);
		}
		scene_teardown(&plain);
		scene_teardown(&counting);
	}
	assert_in_range(counted, PROGRAMS * STATEMENTS / 4, UINT32_MAX); /* or nothing was tested */
}

/* --- a writer that is killed, or looked at --- */

enum { HELD_MS = 3 };

static void make_pair(struct scene *s, uint64_t number, unsigned site)
{
	struct event acquire = queried(s, RESULT, CONNECTION, number * 10 * MS);
	acquire.flags = EVENT_IS_QUERY | EVENT_IS_DRAINED;
	acquire.stack = site % 2 == 0 ? s->exec_stack : s->open_stack;
	add_counting(s, &acquire);
	struct event release = cleared(s, RESULT, number * 10 * MS + HELD_MS * MS);
	add_counting(s, &release);
}

/* What a reader finds in the file: how many results there were, how many of them are there, and how long the others. */
struct found {
	uint64_t results, held, held_ns, last_use;
};

static bool find(const struct scene *s, struct found *ret)
{
	struct spool copy;
	struct fold fold;
	if (spool_read(&copy, s->spool.path) != 0)
		return false;
	assert_true(fold_init(&fold, false));
	uint64_t head = spool_head(copy.header);
	assert_true(fold_events(&fold, spool_event(&copy, 0), head, head + 1)); /* all in one segment */
	*ret = (struct found){.last_use = fold_connection(&fold, 1)->last_event};
	const struct fold_pair *pairs = fold.pairs.items;
	for (uint32_t i = 0; i < fold.pairs.count; i++) {
		ret->results += pairs[i].kind == KIND_RESULT ? pairs[i].count : 0;
		ret->held_ns += pairs[i].total_ns;
	}
	for (uint32_t i = fold.unsaved_resource; i != 0; i = fold_resource(&fold, i)->next)
		ret->held++;
	ret->results += ret->held;
	assert_int_equal(fold.unseen_releases + fold.unknown_releases + fold.damaged, 0);
	fold_done(&fold);
	spool_close(&copy, false);
	return true;
}

enum { PAIRS_BEFORE = 5, STEPS = 60000 };

/* At each instruction of counting once more, a kill leaves what had happened until then: no more, no less. */
static void a_kill_at_any_instruction_loses_nothing(void **state)
{
	struct scene *s = *state;
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		again_reset(&counts, &s->spool);
		add(s, opened(s, CONNECTION, MS));
		for (uint64_t i = 1; i <= PAIRS_BEFORE; i++)
			make_pair(s, i, 0);
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(77);
		raise(SIGSTOP);
		make_pair(s, PAIRS_BEFORE + 1, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status))
		skip(); /* somebody traces us: a child of ours cannot be */
	struct found was = {.results = PAIRS_BEFORE};
	int steps = 0, held = 0;
	for (bool is_over = false; !is_over; steps++) {
		assert_true(steps < STEPS);
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSTOPPED(status));
		is_over = WSTOPSIG(status) == SIGSTOP;
		struct found is;
		assert_true(find(s, &is));
		assert_in_range(is.results, was.results, PAIRS_BEFORE + 1);
		/* Once it is held, and once it is not, that does not change back. */
		held += is.held > was.held;
		assert_int_equal(is.held, is.results > PAIRS_BEFORE && is.held_ns < (PAIRS_BEFORE + 1) * HELD_MS * MS);
		assert_int_equal(is.held_ns, (is.results - is.held) * HELD_MS * MS);
		was = is;
	}
	assert_int_equal(held, 1);
	assert_int_equal(was.results, PAIRS_BEFORE + 1);
	assert_int_equal(was.held, 0);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
}

/* The same of a copy, of which the writer has counted on meanwhile. */
static void a_reader_leaves_out_what_may_be_half_written(void **state)
{
	struct scene *s = *state;
	struct spool copy;
	again_reset(&counts, &s->spool);
	add(s, opened(s, CONNECTION, MS));
	for (uint64_t i = 1; i <= PAIRS_BEFORE; i++)
		make_pair(s, i, 0);
	uint64_t settled = spool_head(s->spool.header);
	add(s, queried(s, RESULT, CONNECTION, 100 * MS));
	assert_int_equal(spool_read(&copy, s->spool.path), 0);
	assert_int_equal(spool_head(copy.header), settled + 1);
	struct again *two = (struct again *)(uintptr_t)spool_event(&copy, settled - AGAIN_RECORDS);
	const struct again was[] = {two[0], two[1]};
	assert_int_equal(again_of(two)->more, PAIRS_BEFORE - 2);
	assert_true(again_settle(&copy, true));
	assert_int_equal(spool_head(copy.header), settled);
	assert_int_equal(again_of(two)->more, PAIRS_BEFORE - 2);
	/* Its writer had begun at the end of the record, and not come to its beginning. */
	struct again *later = &two[was[1].version > was[0].version];
	later->more++;
	assert_true(again_settle(&copy, true));
	assert_int_equal(again_of(two)->more, PAIRS_BEFORE - 3);
	spool_close(&copy, false);
}

static atomic_bool has_read_enough;
static _Atomic uint64_t made;

static void *count_on(void *argument)
{
	struct scene *s = argument;
	for (uint64_t i = 1; !atomic_load(&has_read_enough); i++) {
		make_pair(s, i, i % 3 == 0);
		atomic_store(&made, i);
	}
	return NULL;
}

#ifdef __SANITIZE_ADDRESS__
enum { READS = 100 };
#else
enum { READS = 600 };
#endif

/* It may see a little less than there is, but never a half of something. */
static void a_reader_of_a_writer_at_work_sees_what_was(void **state)
{
	struct scene *s = *state;
	pthread_t thread;
	int good = 0;
	again_reset(&counts, &s->spool);
	add(s, opened(s, CONNECTION, MS));
	assert_int_equal(pthread_create(&thread, NULL, count_on, s), 0);
	for (int i = 0; i < READS; i++) {
		struct found is;
		uint64_t before = atomic_load(&made);
		if (!find(s, &is))
			continue;
		good++;
		assert_in_range(is.results + 2, before, atomic_load(&made) + 3);
		assert_in_range(is.held, 0, 1);
		assert_int_equal(is.held_ns, (is.results - is.held) * HELD_MS * MS);
	}
	atomic_store(&has_read_enough, true);
	pthread_join(thread, NULL);
	assert_int_not_equal(good, 0);
}

#define SPOOL(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counting_is_as_appending),
		SPOOL(a_kill_at_any_instruction_loses_nothing),
		SPOOL(a_reader_leaves_out_what_may_be_half_written),
		SPOOL(a_reader_of_a_writer_at_work_sees_what_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
