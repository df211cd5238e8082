// SPDX-License-Identifier: PostgreSQL
/*
 * test-marks.c - marks of processes that could not be recorded: left beside the trace, sent, or noted by a child in its
 * parent's spool; and what is sent that is no mark.
 */
#include "support.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "trace/store/marks.h"

#define MARK(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

static const char reasons[] = "SELECT process, pid, reason FROM incomplete ORDER BY reason";

/* The user is told where that is not the trace's owner. */
static void a_mark_names_program_and_user(void **state)
{
	struct scene *s = *state;
	char name[192], target[64];
	drain_now(s);
	snprintf(name, sizeof name, "%s-lost-4242-13", s->trace);
	snprintf(target, sizeof target, "%u\n/bin/app", (unsigned)geteuid());
	assert_int_equal(symlink(target, name), 0);
	snprintf(name, sizeof name, "%s-lost-4243-13", s->trace);
	snprintf(target, sizeof target, "%u\n/bin/other", (unsigned)geteuid() + 1);
	assert_int_equal(symlink(target, name), 0);
	snprintf(name, sizeof name, "%s-lost-4244-28", s->trace);
	assert_int_equal(symlink("no mark of ours", name), 0);
	snprintf(name, sizeof name, "%s-lost-4245-99999", s->trace);
	write_file(name, "", 0);
	ingest_now(s);
	char expected[512];
	snprintf(expected, sizeof expected,
			 "process=NULL, pid=4242, reason=/bin/app could not be recorded: Permission denied\n"
			 "process=NULL, pid=4243, reason=/bin/other, run by user %u, could not be recorded: Permission denied\n"
			 "process=NULL, pid=4244, reason=could not be recorded: No space left on device\n"
			 "process=NULL, pid=4245, reason=could not be recorded: unknown error",
			 (unsigned)geteuid() + 1);
	assert_string_equal(ask(s, reasons), expected);
	assert_int_equal(count_files(s, "-lost-"), 0);
}

static void what_is_sent_becomes_a_mark(void **state)
{
	struct scene *s = *state;
	char text[128], expected[256];
	drain_now(s);
	snprintf(text, sizeof text, "lost\n13\n/bin/app");
	/* Whatever is said of its process and user, the kernel's word counts. */
	assert_int_equal(mark_keep(s->trace, 0, 4242, geteuid() + 7, text), 1);
	assert_int_equal(mark_keep(s->trace, 1, 4243, 7, "unseen\n99\nprotocol\n/bin/own\n/lib/own.so"), 1);
	assert_int_equal(mark_keep(s->trace, 2, 4243, 7, "unseen\n0\nenvironment\n/bin/cleared\n"), 1);
	assert_int_equal(mark_keep(s->trace, 3, 4244, 7, "unseen\n0\nenvironment\n/bin/cleared\n\nPGHOST"), 1);
	assert_int_equal(mark_keep(s->trace, 4, 4245, 7, "unseen\n0\nenvironment\n/bin/cleared\n\n"), 1);
	ingest_now(s);
	snprintf(expected, sizeof expected,
			 "process=NULL, pid=4242, reason=/bin/app, run by user %u, could not be recorded: Permission denied",
			 (unsigned)geteuid() + 7);
	assert_string_equal(ask(s, reasons), expected);
	assert_string_equal(ask(s, "SELECT pid, how, exe, module, sign FROM unseen ORDER BY how"),
						"pid=NULL, how=environment, exe=/bin/cleared, module=, sign=PGHOST\n"
						"pid=4243, how=protocol, exe=/bin/own, module=/lib/own.so, sign=NULL");
	assert_int_equal(count_files(s, "-lost-") + count_files(s, "-unseen-"), 0);
}

static void what_is_no_mark_is_passed_over(void **state)
{
	struct scene *s = *state;
	static const char *const texts[] = {
		"",
		"lost",
		"lost\n",
		"lost\n13",
		"lost\nx\n/bin/app",
		"lost\n13 \n/bin/app",
		"lost\n99999\n/bin/app",
		"lost\n-1\n/bin/app",
		"unseen\n",
		"unseen\n1\nprotocol\n/bin/app",
		"unseen\nx\nprotocol\n/bin/app\n",
		"unseen\n1\n../../x\n/bin/app\n",
		"unseen\n1\n\n/bin/app\n",
		"seen\n1\nprotocol\n/bin/app\n",
	};
	drain_now(s);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_int_equal(mark_keep(s->trace, 0, 1, 1, texts[i]), 0);
	assert_int_equal(count_files(s, "-lost-") + count_files(s, "-unseen-"), 0);
	static char long_text[PATH_MAX + 100];
	memset(long_text, 'x', sizeof long_text - 1);
	memcpy(long_text, "lost\n13\n", 8);
	assert_int_equal(mark_keep(s->trace, 0, 1, 1, long_text), -ENAMETOOLONG);
}

/* Once each, however often the spool is drained; a child that is not done yet waits for the next drain. */
static void a_child_is_noted_in_its_parents_spool(void **state)
{
	struct scene *s = *state;
	spool_mark_child(s->spool.header, EACCES);
	atomic_store(&s->spool.header->children, 2);
	drain_now(s);
	drain_now(s);
	assert_non_null(strstr(ask(s, reasons), "could not be recorded: Permission denied"));
	assert_non_null(strstr(ask(s, reasons), "(forked by process "));
	assert_string_equal(ask(s, "SELECT count(*) FROM incomplete"), "1");
	for (int i = 0; i < 20; i++)
		spool_mark_child(s->spool.header, EPERM);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM incomplete"), "2"); /* the same child: one reason */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MARK(a_mark_names_program_and_user),
		MARK(what_is_sent_becomes_a_mark),
		MARK(what_is_no_mark_is_passed_over),
		MARK(a_child_is_noted_in_its_parents_spool),
	};
	return cmocka_run_group_tests_name("marks", tests, NULL, NULL);
}
