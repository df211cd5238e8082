// SPDX-License-Identifier: PostgreSQL
/*
 * test-loss.c - what is said of a process some of whose events were lost, and what is said no more.
 *
 * Each case runs twice: with a loss in the middle, and with none.
 */
#include "support.h"

#include <errno.h>

#include "trace/base/loss.h"
#include "trace/spool/again.h"

#define RULE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
#define FORKED(name) cmocka_unit_test_setup_teardown(name, scene_setup_forked, scene_teardown)

static void lose(struct scene *s)
{
	spool_lose(&s->spool, 3, EFBIG);
}

static const char fates[] = "SELECT verdict, count(*) AS count FROM connection_life GROUP BY verdict ORDER BY verdict";
static const char other_fates[] = "SELECT verdict, count(*) AS count FROM resource_life GROUP BY verdict";

/* Two connections, of which one is finished, and a result; then, perhaps after a loss, the same once more. */
static void open_and_end(struct scene *s, bool is_lossy)
{
	for (uint64_t round = 0; round < 2; round++) {
		add(s, opened(s, CONNECTION + round * 64, 10 * MS));
		add(s, opened(s, CONNECTION + 640 + round * 64, 11 * MS));
		add(s, queried(s, RESULT + round * 64, CONNECTION + round * 64, 12 * MS));
		add(s, finished(s, CONNECTION + 640 + round * 64, 13 * MS));
		if (round == 0 && is_lossy)
			lose(s);
	}
	add(s, ended(END_EXIT, 90 * MS));
	drain_now(s);
}

static void what_was_not_released_leaked(void **state)
{
	struct scene *s = *state;
	open_and_end(s, false);
	assert_string_equal(ask(s, fates), "verdict=leaked, count=2\nverdict=released, count=2");
	assert_string_equal(ask(s, other_fates), "verdict=leaked, count=2");
	assert_string_equal(ask(s, "SELECT count(*) FROM leak"), "4");
	assert_string_equal(ask(s, "SELECT count(*) FROM cannot_tell"), "0");
	assert_string_equal(ask(s, "SELECT dropped, drop_reason FROM process"), "dropped=0, drop_reason=NULL");
}

static void after_a_loss_nobody_can_tell(void **state)
{
	struct scene *s = *state;
	open_and_end(s, true);
	assert_string_equal(ask(s, fates), "verdict=cannot-tell, count=2\nverdict=released, count=2");
	assert_string_equal(ask(s, other_fates), "verdict=cannot-tell, count=2");
	assert_string_equal(ask(s, "SELECT count(*) FROM leak"), "0");
	assert_string_equal(ask(s, "SELECT dropped, drop_reason FROM process"),
						"dropped=3, drop_reason=the spool cannot grow: File too large (the limit on the size of files,"
						" ulimit -f)");
	assert_non_null(strstr(ask(s, "SELECT reason FROM cannot_tell"), ": 3 events were dropped: the spool cannot grow"));
}

/* What is open when the process is killed, or while it runs, is as uncertain. */
static void a_loss_outweighs_the_end(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	drain_now(s);
	assert_string_equal(ask(s, fates), "verdict=open, count=1");
	lose(s);
	add(s, used(s, CONNECTION, 20 * MS));
	drain_now(s);
	assert_string_equal(ask(s, fates), "verdict=cannot-tell, count=1");
	die(s);
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT \"end\" FROM process"), "unknown");
	assert_string_equal(ask(s, fates), "verdict=cannot-tell, count=1");
}

/* Clears and finishes twice: what may have been acquired again in between, at the same address. */
static void release_again(struct scene *s)
{
	add(s, cleared(s, RESULT, 50 * MS));
	add(s, finished(s, CONNECTION, 51 * MS));
	add(s, used(s, CONNECTION, 52 * MS));
}

static const char claimed[] = "SELECT kind, count FROM misuse ORDER BY kind";

static void misuse_is_claimed_up_to_the_loss(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, queried(s, RESULT, CONNECTION, 12 * MS));
	add(s, cleared(s, RESULT, 13 * MS));
	add(s, finished(s, CONNECTION, 14 * MS));
	release_again(s);
	drain_now(s);
	assert_string_equal(ask(s, claimed),
						"kind=cleared twice, count=1\nkind=finished twice, count=1\nkind=use after finish, count=1");
	lose(s);
	release_again(s);
	drain_now(s);
	forget_drain(s); /* what comes after it knows of the loss, too */
	release_again(s);
	drain_now(s);
	assert_string_equal(ask(s, claimed),
						"kind=cleared twice, count=1\nkind=finished twice, count=1\nkind=use after finish, count=1");
}

/* Its acquire may be what was lost: it is not taken for the parent's. */
static void an_unknown_connection_is_not_inherited(void **state)
{
	struct scene *s = *state;
	add(s, used(s, CONNECTION, 10 * MS));
	drain_now(s);
	assert_string_equal(ask(s, claimed), "kind=used in child, count=1");
	lose(s);
	add(s, used(s, CONNECTION + 64, 11 * MS));
	add(s, finished(s, CONNECTION + 64, 12 * MS));
	drain_now(s);
	assert_string_equal(ask(s, claimed), "kind=used in child, count=1");
	assert_string_equal(ask(s, fates), "verdict=inherited, count=1");
}

/* Both use what the child inherited, but after a loss it may be another connection that the parent uses there. */
static void share(struct scene *s, bool is_lossy)
{
	add(s, opened(s, CONNECTION, 10 * MS));
	if (is_lossy)
		lose(s);
	add(s, used(s, CONNECTION, 40 * MS));
	add(s, ended(END_EXIT, 90 * MS));
	drain_now(s);
	scene_new_spool(s, s->spool.header->id);
	s->spool.header->forked_at = 1;
	s->spool.header->started += 20 * MS;
	add(s, used(s, CONNECTION, 30 * MS));
	add(s, ended(END_EXIT, 90 * MS));
	drain_now(s);
	ingest_now(s); /* stores the view */
}

static void what_two_use_is_shared(void **state)
{
	struct scene *s = *state;
	share(s, false);
	assert_string_equal(ask(s, "SELECT fate FROM inheritance"), "shared");
	assert_string_equal(ask(s, "SELECT kind FROM misuse_life"), "used in child");
}

static void what_a_lossy_parent_uses_is_not(void **state)
{
	struct scene *s = *state;
	share(s, true);
	assert_string_equal(ask(s, "SELECT fate FROM inheritance"), "undecided");
	assert_string_equal(ask(s, "SELECT count(*) FROM misuse_life"), "0");
}

/* The releases may be what was lost. */
static void the_peak_rises_no_more(void **state)
{
	struct scene *s = *state;
	for (uint64_t i = 0; i < 5; i++) {
		if (i == 2)
			lose(s);
		add(s, opened(s, CONNECTION + i * 64, (10 + i) * MS));
	}
	drain_now(s);
	assert_string_equal(ask(s, "SELECT peak FROM process"), "2");
}

/* An event without a place is an event all the same. */
static void a_lost_stack_is_no_loss(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	atomic_store(&s->spool.header->unplaced, 1);
	add(s, ended(END_EXIT, 90 * MS));
	drain_now(s);
	assert_string_equal(ask(s, fates), "verdict=leaked, count=1");
	assert_non_null(strstr(ask(s, "SELECT reason FROM cannot_tell"), "where some of its calls came from"));
}

static void the_reason_is_the_true_one(void **state)
{
	(void)state;
	static const struct {
		uint32_t why;
		const char *word;
	} reasons[] = {
		{LOSS_LIMIT, "it is full"},          {LOSS_BUSY, "busy"},
		{LOSS_EARLY, "before recording"},    {EACCES, "Permission denied (the process has changed its user"},
		{ENOSPC, "No space left on device"}, {EFBIG, "ulimit -f"},
		{ENOENT, "root directory"},          {999, "unknown error"},
	};
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		char words[160];
		loss_words(reasons[i].why, words, sizeof words);
		assert_non_null(strstr(words, reasons[i].word));
		assert_in_range(strlen(words), 10, sizeof words - 2);
	}
}

/* Between any two events of a log in which pairs are counted, also between a pair and its records. */
static void a_loss_amid_counting_is_a_loss_and_no_more(void **state)
{
	static struct again_writer counts;
	struct scene *s = *state;
	enum { PAIRS = 5, EVENTS = 1 + 2 * PAIRS };
	for (uint64_t at = 0; at < 2 * EVENTS; at++) {
		if (at > 0)
			scene_new_spool(s, 0);
		again_reset(&counts, &s->spool);
		add(s, opened(s, CONNECTION, 10 * MS));
		for (uint64_t i = 0; i < PAIRS; i++) {
			struct event query = queried(s, RESULT, CONNECTION, (11 + i) * MS),
						 clear = cleared(s, RESULT, (12 + i) * MS);
			query.flags = EVENT_IS_QUERY | EVENT_IS_DRAINED;
			add(s, query);
			if (!again_add(&counts, &clear))
				add(s, clear);
		}
		assert_in_range(spool_head(s->spool.header), 1, EVENTS - 1); /* some were counted */
		s->spool.header->lost_at = at / 2 + 1;
		s->spool.header->lost_why = at % 2 == 0 ? EFBIG : LOSS_BUSY;
		s->spool.header->dropped = 1;
		drain_now(s);
		assert_string_equal(ask(s, "SELECT drained + counted FROM process ORDER BY id DESC LIMIT 1"), "11");
		assert_string_equal(ask(s, "SELECT count(*) FROM connection WHERE queries <> 5"), "0");
		assert_string_equal(ask(s, "SELECT sum(unknown_releases + unseen_releases) FROM process"), "0");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(what_was_not_released_leaked),
		RULE(after_a_loss_nobody_can_tell),
		RULE(a_loss_outweighs_the_end),
		RULE(misuse_is_claimed_up_to_the_loss),
		FORKED(an_unknown_connection_is_not_inherited),
		RULE(what_two_use_is_shared),
		RULE(what_a_lossy_parent_uses_is_not),
		RULE(the_peak_rises_no_more),
		RULE(a_loss_amid_counting_is_a_loss_and_no_more),
		RULE(a_lost_stack_is_no_loss),
		cmocka_unit_test(the_reason_is_the_true_one),
	};
	return cmocka_run_group_tests_name("loss", tests, NULL, NULL);
}
