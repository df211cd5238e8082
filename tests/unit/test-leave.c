// SPDX-License-Identifier: PostgreSQL
/*
 * test-leave.c - which spools are left beside the trace when their process ends, and that all of them are taken in.
 */
#include "support.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/recorder/leave.h"

static void add_pairs(struct scene *s, uint64_t pairs)
{
	for (uint64_t i = 0; i < pairs; i++) {
		add(s, queried(s, RESULT, CONNECTION, i * MS));
		add(s, cleared(s, RESULT, i * MS));
	}
}

static void write_text(const char *path, const char *text)
{
	write_file(path, text, strlen(text));
}

static off_t bytes_of(const char *name)
{
	struct stat st;
	return lstat(name, &st) == 0 ? st.st_size : -1;
}

static void little_is_left(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, ended(END_EXIT, 20 * MS));
	assert_true(leave_spool(&s->spool, s->trace));
	assert_int_equal(bytes_of(s->trace), 0); /* and the file's name tells where to look */
	assert_int_equal(count_files(s, "-left"), 0);
	die(s);
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT end, verdict FROM process JOIN connection_life"), "end=exit, verdict=leaked");
	assert_int_equal(count_files(s, "-spool-"), 0);
}

static void much_is_drained(void **state)
{
	struct scene *s = *state;
	add_pairs(s, LEAVE_EVENTS / 2);
	assert_true(leave_spool(&s->spool, s->trace));
	add(s, ended(END_EXIT, 20 * MS));
	assert_false(leave_spool(&s->spool, s->trace));
}

/* Or the trace would say that the process runs. */
static void what_was_begun_is_drained(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	drain_now(s);
	add(s, ended(END_EXIT, 20 * MS));
	assert_false(leave_spool(&s->spool, s->trace));
}

static void many_are_drained(void **state)
{
	struct scene *s = *state;
	char name[PATH_MAX];
	snprintf(name, sizeof name, "%s-left", s->trace);
	write_text(s->trace, "");
	for (int i = 0; i < LEAVE_SPOOLS; i++)
		assert_true(leave_spool(&s->spool, s->trace));
	assert_false(leave_spool(&s->spool, s->trace));
	assert_int_equal(bytes_of(name), LEAVE_SPOOLS);
	die(s);
	ingest_now(s);
	assert_int_equal(count_files(s, "-left"), 0);
	scene_new_spool(s, 0);
	assert_true(leave_spool(&s->spool, s->trace));
	assert_int_equal(bytes_of(name), 1);
}

/* The drain says what is the matter. */
static void beside_what_is_no_trace_nothing_is_left(void **state)
{
	struct scene *s = *state;
	write_text(s->trace, "somebody else's, and longer than what begins a trace: it is not one, and stays as it is now");
	off_t bytes = bytes_of(s->trace);
	assert_false(leave_spool(&s->spool, s->trace));
	assert_int_equal(bytes_of(s->trace), bytes);
	assert_int_equal(count_files(s, "-left"), 0);
	unlink(s->trace);
	assert_int_equal(mkfifo(s->trace, 0600), 0);
	assert_false(leave_spool(&s->spool, s->trace));
	unlink(s->trace);
	drain_now(s);
	assert_true(leave_spool(&s->spool, s->trace));
	char sql[64];
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", TRACE_USER_VERSION + 1);
	ask(s, sql);
	assert_false(leave_spool(&s->spool, s->trace));
}

static void a_removed_spool_is_not_left(void **state)
{
	struct scene *s = *state;
	unlink(s->spool.path);
	assert_false(leave_spool(&s->spool, s->trace));
}

/* Whatever somebody puts there is neither written nor removed. */
static void a_count_of_others_is_let_be(void **state)
{
	struct scene *s = *state;
	char name[PATH_MAX], other[PATH_MAX];
	snprintf(name, sizeof name, "%s-left", s->trace);
	snprintf(other, sizeof other, "%s.other", s->trace);
	write_text(s->trace, "");
	write_text(other, "mine");
	assert_int_equal(symlink(other, name), 0);
	assert_false(leave_spool(&s->spool, s->trace));
	assert_int_equal(count_files(s, "-left"), 1);
	unlink(name);
	assert_int_equal(link(other, name), 0);
	assert_false(leave_spool(&s->spool, s->trace));
	assert_int_equal(bytes_of(name), 4);
	unlink(name);
	assert_int_equal(mkfifo(name, 0600), 0);
	assert_false(leave_spool(&s->spool, s->trace));
	assert_int_equal(bytes_of(other), 4);
}

#define LEAVE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LEAVE(little_is_left),
		LEAVE(much_is_drained),
		LEAVE(what_was_begun_is_drained),
		LEAVE(many_are_drained),
		LEAVE(beside_what_is_no_trace_nothing_is_left),
		LEAVE(a_removed_spool_is_not_left),
		LEAVE(a_count_of_others_is_let_be),
	};
	return cmocka_run_group_tests_name("leave", tests, NULL, NULL);
}
