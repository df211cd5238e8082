// SPDX-License-Identifier: PostgreSQL
/*
 * test-spool-read.c - reading spools that are damaged, and asking for owners.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

/* Changes bytes of the spool's file and says what spool_read makes of it. */
static int read_changed(struct scene *s, size_t offset, uint64_t value, size_t length)
{
	struct spool copy;
	uint64_t before;
	int fd = open(s->spool.path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &before, length, (off_t)offset), length);
	assert_int_equal(pwrite(fd, &value, length, (off_t)offset), length);
	int result = spool_read(&copy, s->spool.path);
	if (result == 0)
		spool_close(&copy, false);
	assert_int_equal(pwrite(fd, &before, length, (off_t)offset), length);
	close(fd);
	return result;
}

static void damaged_headers_are_refused(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 1));
#define CHANGED(field, value)                                                                                          \
	read_changed(s, offsetof(struct spool_header, field), value, sizeof(((struct spool_header *)0)->field))
	assert_int_equal(CHANGED(magic, 0x6c6f6f70736c7179), -EBADMSG);
	assert_int_equal(CHANGED(magic, 0), -ENODATA);
	assert_int_equal(CHANGED(version, SPOOL_VERSION + 1), -EBADMSG);
	assert_int_equal(CHANGED(header_bytes, 4096), -EBADMSG);
	assert_int_equal(CHANGED(pid, 0), -EBADMSG);
	assert_int_equal(CHANGED(id, 0), -EBADMSG);
	assert_int_equal(CHANGED(tail, 2), -EBADMSG);
	assert_int_equal(CHANGED(head, 2000), -EBADMSG);
	assert_int_equal(CHANGED(head, UINT64_MAX), -EBADMSG);
	assert_int_equal(CHANGED(blob_bytes, 70000), -EBADMSG);
	assert_int_equal(CHANGED(blob_bytes, UINT64_MAX), -EBADMSG);
#undef CHANGED
	size_t segments = offsetof(struct spool_header, event_segment);
	assert_int_equal(read_changed(s, segments, 0, 4), -EBADMSG);
	assert_int_equal(read_changed(s, segments, 3, 4), -EBADMSG);
	assert_int_equal(read_changed(s, segments, 2, 4), -EBADMSG); /* the blobs' */
	assert_int_equal(read_changed(s, segments, 1, 4), 0);        /* as it was */
}

static void a_damaged_blob_ends_the_walk(void **state)
{
	struct scene *s = *state;
	struct spool copy;
	struct spool_cursor cursor = {0};
	const void *bytes;
	((struct blob_header *)(void *)s->spool.blob_segment[0])->bytes = 65529;
	assert_int_equal(spool_read(&copy, s->spool.path), 0);
	assert_null(spool_next_blob(&copy, &cursor, &bytes));
	spool_close(&copy, false);
}

static void a_short_file_is_refused(void **state)
{
	struct scene *s = *state;
	struct spool copy;
	const char *path = s->spool.path;
	add(s, opened(s, CONNECTION, 1));
	die(s);
	assert_int_equal(truncate(path, SPOOL_HEADER_BYTES + SPOOL_SEGMENT_BYTES - 1), 0);
	assert_int_equal(spool_read(&copy, path), -EBADMSG);
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(spool_read(&copy, path), -EBADMSG);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(spool_read(&copy, path), -ENODATA);
	assert_int_equal(spool_read(&copy, "/dev/null"), -EBADMSG);
	assert_int_equal(spool_read(&copy, "/nonexistent"), -ENOENT);
}

static void the_owner_is_who_maps_it(void **state)
{
	struct scene *s = *state;
	struct spool copy;
	assert_int_equal(spool_owner(&s->spool), SPOOL_OWNER_RUNNING);
	assert_int_equal(spool_read(&copy, s->spool.path), 0);
	assert_int_equal(spool_owner(&copy), SPOOL_OWNER_RUNNING);
	uint64_t boot = copy.header->boot_id;
	copy.header->boot_id ^= 1;
	assert_int_equal(spool_owner(&copy), SPOOL_OWNER_GONE);
	copy.header->boot_id = boot;
	copy.header->pid_namespace ^= 1;
	assert_int_equal(spool_owner(&copy), SPOOL_OWNER_UNKNOWN);
	copy.header->pid_namespace ^= 1;
	/* Our process id, but another program now. */
	die(s);
	assert_int_equal(spool_owner(&copy), SPOOL_OWNER_GONE);
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	copy.header->pid = child;
	assert_int_equal(spool_owner(&copy), SPOOL_OWNER_GONE); /* a zombie perhaps */
	waitpid(child, NULL, 0);
	assert_int_equal(spool_owner(&copy), SPOOL_OWNER_GONE);
	spool_close(&copy, false);
}

static void *wait_for_pipe(void *pipe_end)
{
	char byte;
	while (read(*(int *)pipe_end, &byte, 1) > 0)
		;
	_exit(0);
}

/* The first thread may end before the process does. */
static void a_process_outlives_its_first_thread(void **state)
{
	struct scene *s = *state;
	int stop[2], ready[2];
	assert_int_equal(pipe(stop) | pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		static struct spool spool;
		struct spool_identity identity = {0};
		pthread_t thread;
		close(stop[1]);
		int result = spool_create(&spool, s->trace, &identity);
		pthread_create(&thread, NULL, wait_for_pipe, &stop[0]);
		result = result == 0 && write(ready[1], spool.path, sizeof(spool.path)) > 0;
		if (result)
			pthread_exit(NULL);
		_exit(1);
	}
	close(stop[0]);
	char path[4096];
	assert_int_equal(read(ready[0], path, sizeof(path)), sizeof(path));
	struct spool copy;
	assert_int_equal(spool_read(&copy, path), 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(spool_owner(&copy), SPOOL_OWNER_RUNNING);
		usleep(2000);
	}
	close(stop[1]);
	int status;
	waitpid(child, &status, 0);
	assert_int_equal(spool_owner(&copy), SPOOL_OWNER_GONE);
	spool_close(&copy, false);
	close(ready[0]);
	close(ready[1]);
}

static atomic_bool has_read_enough;

static void *write_and_retire(void *argument)
{
	struct scene *s = argument;
	for (uint64_t i = 0; !atomic_load(&has_read_enough); i++) {
		struct event event = {.verb = EVENT_USE, .time = i};
		if (spool_append(&s->spool, &event) != 0)
			abort();
		if (i % 700 == 699 && i > 8000)
			spool_retire(&s->spool, i - 8000);
		if (i % 4000 == 0)
			usleep(100); /* so that some reads see it at rest, and others do not */
	}
	return NULL;
}

#ifdef __SANITIZE_ADDRESS__
enum { READS = 200 }; /* each takes forty times as long with it, and a mixture is looked for without it */
#else
enum { READS = 2000 };
#endif

/* Segments are reused under the reader's eyes; it must never show an event in another's place. */
static void reading_a_busy_spool_shows_no_mixture(void **state)
{
	struct scene *s = *state;
	pthread_t thread;
	int good = 0, refused = 0, mixed = 0;
	assert_int_equal(pthread_create(&thread, NULL, write_and_retire, s), 0);
	for (int i = 0; i < READS; i++) {
		struct spool copy;
		int result = spool_read(&copy, s->spool.path);
		refused += result != 0 && result != -EAGAIN;
		if (result != 0)
			continue;
		good++;
		uint64_t head = atomic_load(&copy.header->head);
		for (uint64_t at = atomic_load(&copy.header->tail); at < head; at++)
			mixed += spool_event(&copy, at)->time != at;
		spool_close(&copy, false);
	}
	atomic_store(&has_read_enough, true);
	pthread_join(thread, NULL);
	assert_int_not_equal(good, 0);
	assert_int_equal(refused, 0);
	assert_int_equal(mixed, 0);
}

#define SPOOL(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL(damaged_headers_are_refused),
		SPOOL(a_damaged_blob_ends_the_walk),
		SPOOL(a_short_file_is_refused),
		SPOOL(the_owner_is_who_maps_it),
		SPOOL(a_process_outlives_its_first_thread),
		SPOOL(reading_a_busy_spool_shows_no_mixture),
	};
	return cmocka_run_group_tests_name("spool-read", tests, NULL, NULL);
}
