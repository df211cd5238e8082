// SPDX-License-Identifier: PostgreSQL
/*
 * test-spool.c - writing a spool: round trip, growth, reuse, and no room.
 */
#include "support.h"

#include "trace/base/loss.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void what_is_written_is_read(void **state)
{
	struct scene *s = *state;
	struct spool copy;
	add(s, opened(s, CONNECTION, 1));
	add(s, finished(s, CONNECTION, 2));
	assert_int_equal(spool_read(&copy, s->spool.path), 0);
	assert_int_equal(copy.header->pid, getpid());
	assert_string_equal(copy.header->command, "app -x");
	assert_int_equal(atomic_load(&copy.header->head), 2);
	struct event expected = finished(s, CONNECTION, 2);
	assert_memory_equal(spool_event(&copy, 1), &expected, sizeof(expected));
	assert_null(spool_event(&copy, 2));
	struct spool_cursor cursor = {0};
	const void *bytes;
	const struct blob_header *blob;
	while ((blob = spool_next_blob(&copy, &cursor, &bytes)) != NULL)
		if (cursor.number == s->text) {
			assert_int_equal(blob->type, BLOB_TEXT);
			assert_int_equal(blob->bytes, 8);
			assert_memory_equal(bytes, "SELECT 1", 8);
		}
	assert_int_equal(cursor.number, (uint32_t)(s->spool.counted >> 32));
	spool_close(&copy, false);
	struct stat st;
	assert_int_equal(stat(s->spool.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* Every event is checked when it is read, and the file must not grow while what is drained can be used again. */
static void drained_segments_are_reused(void **state)
{
	struct scene *s = *state;
	uint64_t read = 0;
	for (uint64_t i = 0; i < 40 * SPOOL_SEGMENT_EVENTS; i++) {
		add(s, (struct event){.verb = EVENT_USE, .time = i});
		if (i % 1500 != 1499)
			continue;
		struct spool copy;
		assert_int_equal(spool_read(&copy, s->spool.path), 0);
		for (; read <= i; read++)
			assert_int_equal(spool_event(&copy, read)->time, read);
		spool_close(&copy, false);
		spool_retire(&s->spool, read);
	}
	assert_in_range(atomic_load(&s->spool.header->segments), 3, 5);
}

static void a_full_spool_refuses_all_but_the_end(void **state)
{
	struct scene *s = *state;
	struct event event = {.verb = EVENT_USE};
	uint64_t room = (uint64_t)SPOOL_EVENT_SEGMENTS * SPOOL_SEGMENT_EVENTS - SPOOL_ENDS;
	for (uint64_t i = 0; i < room; i++)
		add(s, event);
	assert_int_equal(spool_append(&s->spool, &event), -LOSS_LIMIT);
	spool_lose(&s->spool, 2, LOSS_LIMIT);
	spool_lose(&s->spool, 0, EACCES);
	assert_int_equal(atomic_load(&s->spool.header->dropped), 2);
	assert_int_equal(atomic_load(&s->spool.header->lost_at), room + 1);
	assert_false(spool_has_drained(&s->spool));
	/* How the process ended is not lost, even so. */
	add(s, (struct event){.verb = EVENT_END, .status = END_EXIT});
	spool_retire(&s->spool, SPOOL_SEGMENT_EVENTS);
	assert_true(spool_has_drained(&s->spool));
	add(s, event);
	assert_int_equal(atomic_load(&s->spool.header->head), room + 2);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT drained, dropped, end FROM process"), "drained=262140, dropped=2, end=exit");
}

static void blobs_fill_segments(void **state)
{
	struct scene *s = *state;
	static char bytes[SPOOL_SEGMENT_BYTES];
	assert_int_equal(spool_add_blob(&s->spool, BLOB_TEXT, bytes, SPOOL_SEGMENT_BYTES - 7), 0);
	uint32_t first = spool_add_blob(&s->spool, BLOB_TEXT, bytes, SPOOL_SEGMENT_BYTES - 8);
	assert_int_not_equal(first, 0);
	uint32_t last = first;
	for (uint32_t i = 0;; i++) {
		memset(bytes, (int)i, 30000);
		uint32_t number = spool_add_blob(&s->spool, BLOB_TEXT, bytes, 30000);
		if (number == 0)
			break;
		assert_int_equal(number, last + 1);
		last = number;
	}
	assert_int_equal(last - first, 2 * (SPOOL_BLOB_SEGMENTS - 2));
	struct spool copy;
	struct spool_cursor cursor = {0};
	const void *blob;
	assert_int_equal(spool_read(&copy, s->spool.path), 0);
	while (spool_next_blob(&copy, &cursor, &blob) != NULL)
		if (cursor.number > first) {
			memset(bytes, (int)(cursor.number - first - 1), 30000);
			assert_memory_equal(blob, bytes, 30000);
		}
	assert_int_equal(cursor.number, last);
	spool_close(&copy, false);
}

static void fill_until_refused(struct scene *s, int expected)
{
	struct event event = {.verb = EVENT_USE};
	int result;
	errno = 4242;
	while ((result = spool_append(&s->spool, &event)) == 0)
		;
	assert_int_equal(result, expected);
	assert_int_equal(errno, 4242);
}

static void a_removed_spool_does_not_grow(void **state)
{
	struct scene *s = *state;
	unlink(s->spool.path);
	fill_until_refused(s, -ENOENT);
}

static void a_replaced_spool_is_left_alone(void **state)
{
	struct scene *s = *state;
	unlink(s->spool.path);
	write_file(s->spool.path, "x", 1);
	fill_until_refused(s, -ESTALE);
	spool_close(&s->spool, true);
	assert_int_equal(count_files(s, "-spool-"), 1);
}

/* In a child: the signal's default action would end it. */
static int under_file_limit(struct scene *s, rlim_t bytes, bool ignore, int (*body)(struct scene *))
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGXFSZ, ignore ? SIG_IGN : SIG_DFL);
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){bytes, bytes});
		_exit(body(s));
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int no_signal_is_left(void)
{
	sigset_t waiting, blocked;
	sigpending(&waiting);
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	return !sigismember(&waiting, SIGXFSZ) && !sigismember(&blocked, SIGXFSZ);
}

static int try_create(struct scene *s)
{
	static struct spool spool;
	struct spool_identity identity = {0};
	int before = count_files(s, "-spool-");
	int result = spool_create(&spool, s->trace, &identity);
	return result == -EFBIG && count_files(s, "-spool-") == before && no_signal_is_left() ? 7 : 1;
}

static int try_grow(struct scene *s)
{
	struct event event = {.verb = EVENT_USE};
	int result;
	while ((result = spool_append(&s->spool, &event)) == 0)
		;
	return result == -EFBIG && no_signal_is_left() ? 7 : 1;
}

static int try_drain(struct scene *s)
{
	struct trace_failure failure = {0};
	enum trace_error error = drain_run(s->drain, s->trace, 0, &failure);
	return error == TRACE_SYSTEM && strlen(failure.text) > 0 && no_signal_is_left() ? 7 : 1;
}

/* The host's own pending signal stays pending. */
static int try_grow_with_pending(struct scene *s)
{
	sigset_t only;
	sigemptyset(&only);
	sigaddset(&only, SIGXFSZ);
	sigprocmask(SIG_BLOCK, &only, NULL);
	raise(SIGXFSZ);
	struct event event = {.verb = EVENT_USE};
	while (spool_append(&s->spool, &event) == 0)
		;
	sigset_t waiting;
	sigpending(&waiting);
	return sigismember(&waiting, SIGXFSZ) ? 7 : 1;
}

static void no_file_limit_signal_reaches_the_host(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 1));
	for (int ignore = 0; ignore < 2; ignore++) {
		assert_int_equal(under_file_limit(s, 100000, ignore, try_create), 7);
		assert_int_equal(under_file_limit(s, 200000, ignore, try_grow), 7);
		assert_int_equal(under_file_limit(s, 20000, ignore, try_drain), 7);
	}
	assert_int_equal(under_file_limit(s, 200000, false, try_grow_with_pending), 7);
}

static void a_missing_folder_is_an_error(void **state)
{
	(void)state;
	static struct spool spool;
	struct spool_identity identity = {0};
	errno = 4242;
	assert_int_equal(spool_create(&spool, "/nonexistent/t.db", &identity), -ENOENT);
	assert_int_equal(errno, 4242);
}

static void no_descriptor_is_kept(void **state)
{
	struct scene *s = *state;
	int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(lowest);
	scene_new_spool(s, 0);
	for (int i = 0; i < 5000; i++)
		add(s, (struct event){.verb = EVENT_USE, .kind = KIND_CONNECTION});
	drain_now(s);
	int again = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(again);
	assert_int_equal(again, lowest);
}

#define SPOOL(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL(what_is_written_is_read),
		SPOOL(drained_segments_are_reused),
		SPOOL(a_full_spool_refuses_all_but_the_end),
		SPOOL(blobs_fill_segments),
		SPOOL(a_removed_spool_does_not_grow),
		SPOOL(a_replaced_spool_is_left_alone),
		SPOOL(no_file_limit_signal_reaches_the_host),
		SPOOL(a_missing_folder_is_an_error),
		SPOOL(no_descriptor_is_kept),
	};
	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
