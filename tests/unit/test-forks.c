// SPDX-License-Identifier: PostgreSQL
/*
 * test-forks.c - what preload/process/forks.c counts, seen from within.
 */
#include "preload/process/forks.c"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static _Atomic bool may_go;
static _Atomic int holding;

static uint64_t threads_inside(void)
{
	return atomic_load(&inside) & THREADS;
}

/* Stays inside until it may go, as a thread that a debugger has stopped. */
static void *stay(void *unused)
{
	(void)unused;
	const void *hold = forks_hold();
	atomic_fetch_add(&holding, 1);
	while (!atomic_load(&may_go))
		usleep(100);
	forks_let(hold);
	return NULL;
}

/* Comes while a fork is under way. */
static void *come(void *unused)
{
	(void)unused;
	while (atomic_load(&forking) == 0)
		usleep(100);
	const void *hold = forks_hold();
	atomic_fetch_add(&holding, 1);
	forks_let(hold);
	return NULL;
}

/* `hold`: what this thread is in, or NULL; the child has it too. */
static void fork_once(const void *hold)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		forks_let(hold);
		_exit(threads_inside() == 0 && atomic_load(&forking) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_fork_leaves_nothing(void **state)
{
	(void)state;
	const void *outer = forks_hold();
	assert_non_null(outer);
	assert_int_equal(threads_inside(), 1);
	forks_let(outer);
	assert_int_equal(threads_inside(), 0);
	fork_once(NULL);
	assert_int_equal(atomic_load(&forking), 0);
	assert_int_equal(times_given_up(), 0);
}

static void who_stays_and_who_comes_are_counted_once(void **state)
{
	(void)state;
	pthread_t stays, comes[4];

	assert_int_equal(pthread_create(&stays, NULL, stay, NULL), 0);
	while (atomic_load(&holding) == 0)
		usleep(100);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&comes[i], NULL, come, NULL), 0);
	fork_once(NULL); /* gives up */
	assert_int_equal(times_given_up(), 1);
	for (int i = 0; i < 4; i++)
		pthread_join(comes[i], NULL);
	assert_int_equal(threads_inside(), 0);
	fork_once(NULL); /* does not wait for who stays: it was given up */
	assert_int_equal(times_given_up(), 1);
	atomic_store(&may_go, true);
	pthread_join(stays, NULL);
	assert_int_equal(threads_inside(), 0);
}

static const void *in_handler;

static void handle(int number)
{
	(void)number;
	in_handler = forks_hold();
	forks_let(in_handler);
}

static void a_handler_is_a_part_of_the_hold(void **state)
{
	(void)state;
	const void *hold = forks_hold();
	signal(SIGUSR1, handle);
	raise(SIGUSR1);
	assert_null(in_handler);
	assert_int_equal(threads_inside(), 1);
	fork_once(hold); /* our own hold is no reason to wait, and the child's is its own */
	forks_let(hold);
	assert_int_equal(threads_inside(), 0);
}

static jmp_buf out;

__attribute__((noinline)) static void leave_a_hold_behind(char *room)
{
	room[0] = forks_hold() != NULL;
	longjmp(out, 1);
}

__attribute__((noinline)) static void go_deeper(void)
{
	char room[4096];
	leave_a_hold_behind(room);
	room[0]++; /* no tail call: the hold must lie deeper than the next one */
}

static void a_hold_that_a_longjmp_left_is_taken_over(void **state)
{
	(void)state;
	if (setjmp(out) == 0)
		go_deeper();
	assert_int_equal(threads_inside(), 1);
	const void *hold = forks_hold();
	assert_non_null(hold);
	assert_int_equal(threads_inside(), 1);
	forks_let(hold);
	assert_int_equal(threads_inside(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fork_leaves_nothing),
		cmocka_unit_test(who_stays_and_who_comes_are_counted_once),
		cmocka_unit_test(a_handler_is_a_part_of_the_hold),
		cmocka_unit_test(a_hold_that_a_longjmp_left_is_taken_over),
	};

	forks_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
