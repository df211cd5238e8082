// SPDX-License-Identifier: PostgreSQL
/* test-progress.c - the line that tells how far long work is: on a terminal, after a while, and gone at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyzer/base/progress.h"

static bool is_terminal;
static int64_t clock_ns;

int __wrap_isatty(int fd);
int __wrap_clock_gettime(clockid_t id, struct timespec *ret);

int __wrap_isatty(int fd)
{
	return fd == STDERR_FILENO && is_terminal;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *ret)
{
	(void)id;
	ret->tv_sec = clock_ns / 1000000000;
	ret->tv_nsec = clock_ns % 1000000000;
	return 0;
}

static void after_ms(int64_t ms)
{
	clock_ns += ms * 1000000;
}

/* What is printed on standard error meanwhile. */
static FILE *said;
static int saved;

static void listen(void)
{
	said = tmpfile();
	fflush(stderr);
	saved = dup(STDERR_FILENO);
	dup2(fileno(said), STDERR_FILENO);
}

static const char *heard(void)
{
	static char text[1024];

	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(said);
	text[fread(text, 1, sizeof text - 1, said)] = '\0';
	fclose(said);
	return text;
}

static int set_up(void **state)
{
	(void)state;
	is_terminal = true;
	clock_ns = 1000000000000;
	return setenv("TERM", "xterm", 1);
}

static void merge(int64_t each_ms)
{
	struct progress progress = progress_begin("merging traces", 3);

	for (int i = 0; i < 3; i++) {
		after_ms(each_ms);
		progress_step(&progress, i, i == 2 ? "web\0332.db" : "web1.db");
	}
	progress_end(&progress);
}

static void steps_are_told(void **state)
{
	(void)state;
	listen();
	merge(700);
	assert_string_equal(heard(), "\rpqleak: merging traces, 2 of 3: web?2.db\033[K\r\033[K");
	listen();
	merge(1); /* what is soon done is not worth a line */
	assert_string_equal(heard(), "");
}

static void elsewhere_nothing_is_told(void **state)
{
	(void)state;
	is_terminal = false;
	listen();
	merge(5000);
	assert_string_equal(heard(), "");
	is_terminal = true;
	setenv("TERM", "dumb", 1);
	listen();
	merge(5000);
	assert_string_equal(heard(), "");
}

static void what_begins_inside_has_no_line(void **state)
{
	(void)state;
	listen();
	struct progress outer = progress_begin("merging traces", 2);
	progress_step(&outer, 0, "a.db");
	after_ms(3000);
	struct progress inner = progress_begin("looking for names", 9);
	progress_step(&inner, 4, NULL);
	progress_wait("reading", "a.db");
	progress_waited();
	progress_end(&inner);
	assert_string_equal(heard(), "");
	listen();
	progress_step(&outer, 1, "b.db");
	progress_end(&outer);
	assert_string_equal(heard(), "\rpqleak: merging traces, 1 of 2: b.db\033[K\r\033[K");
}

static void waiting_is_told_a_few_times_a_second(void **state)
{
	(void)state;
	listen();
	for (int i = 0; i < 15; i++) {
		progress_wait("reading", "t.db");
		after_ms(100);
	}
	progress_waited();
	assert_string_equal(heard(), "\rpqleak: reading t.db, 1 s\033[K\rpqleak: reading t.db, 1 s\033[K"
								 "\rpqleak: reading t.db, 1 s\033[K\r\033[K");
	listen();
	progress_wait("reading", "t.db"); /* it begins anew */
	progress_waited();
	assert_string_equal(heard(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(steps_are_told, set_up),
		cmocka_unit_test_setup(elsewhere_nothing_is_told, set_up),
		cmocka_unit_test_setup(what_begins_inside_has_no_line, set_up),
		cmocka_unit_test_setup(waiting_is_told_a_few_times_a_second, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
