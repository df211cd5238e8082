// SPDX-License-Identifier: PostgreSQL
/*
 * test-ingest.c - taking over what processes left, and looking at the living.
 */
#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/store/ingest.h"

static void the_dead_are_taken_over(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	drain_now(s);
	add(s, queried(s, RESULT, CONNECTION, 20 * MS));
	die(s);
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT end, ended_ns, drained FROM process"), "end=unknown, ended=NULL, drained=2");
	assert_string_equal(ask(s, "SELECT verdict, connection FROM resource_life"), "verdict=open-at-death, connection=1");
	assert_int_equal(count_files(s, "-spool-"), 0);
}

static void the_last_word_counts(void **state)
{
	struct scene *s = *state;
	static const struct {
		uint8_t end;
		const char *name;
	} ends[] = {{END_RAW_EXIT, "_exit"}, {END_EXEC, "exec"}, {END_ABORT, "abort"}};
	for (size_t i = 0; i < 3; i++) {
		if (i > 0)
			scene_new_spool(s, 0);
		add(s, ended(ends[i].end, 10 * MS));
		die(s);
		ingest_now(s);
		assert_string_equal(ask(s, "SELECT end FROM process ORDER BY id DESC LIMIT 1"), ends[i].name);
	}
}

static void the_living_are_left_alone(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	add(s, ended(END_EXEC, 11 * MS)); /* about to */
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM process"), "0");
	assert_int_equal(count_files(s, "-spool-"), 1);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT drained FROM process"), "2");
}

static void the_unknown_need_a_last_word(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	s->spool.header->pid_namespace ^= 1;
	ingest_now(s);
	assert_int_equal(count_files(s, "-spool-"), 1);
	add(s, ended(END_EXEC, 20 * MS));
	ingest_now(s);
	assert_int_equal(count_files(s, "-spool-"), 1);
	add(s, ended(END_EXIT, 30 * MS));
	ingest_now(s);
	assert_int_equal(count_files(s, "-spool-"), 0);
	assert_string_equal(ask(s, "SELECT end FROM process"), "exit");
}

static void a_damaged_spool_is_kept_and_said(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	drain_now(s);
	s->spool.header->version = 77;
	die(s);
	ingest_now(s);
	ingest_now(s); /* said once */
	assert_int_equal(count_files(s, "-spool-"), 1);
	assert_string_equal(ask(s, "SELECT count(*) AS count, count(DISTINCT pid) AS pids, min(reason LIKE '% is damaged; "
							   "it is kept') AS is_said"
							   " FROM incomplete"),
						"count=1, pids=1, is_said=1");
	assert_string_equal(ask(s, "SELECT count(*) FROM cannot_tell"), "1");
}

/* Another process's spool under this name: the trace would hold its events twice. */
static void a_copied_spool_is_no_spool(void **state)
{
	struct scene *s = *state;
	char path[192], copy[192], command[512];
	add(s, opened(s, CONNECTION, 10 * MS));
	snprintf(path, sizeof(path), "%.190s", s->spool.path);
	snprintf(copy, sizeof(copy), "%s-spool-1-00000000000000aa", s->trace);
	die(s);
	snprintf(command, sizeof(command), "cp %s %s", path, copy);
	assert_int_equal(system(command), 0);
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM connection"), "1");
	assert_string_equal(ask(s, "SELECT pid FROM incomplete"), "1");
}

static void lost_marks_become_rows(void **state)
{
	struct scene *s = *state;
	char path[160];
	snprintf(path, sizeof(path), "%s-lost-4242-28", s->trace);
	write_file(path, "", 0);
	drain_now(s);
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT process, pid, reason FROM incomplete"),
						"process=NULL, pid=4242, reason=could not be recorded: No space left on device");
	assert_int_equal(count_files(s, "-lost-"), 0);
	assert_string_equal(ask(s, "SELECT * FROM cannot_tell"),
						"process 4242: could not be recorded: No space left on device");
}

static void an_unborn_spool_goes_when_it_is_old(void **state)
{
	struct scene *s = *state;
	char path[192];
	drain_now(s);
	/* No process has so high an id. */
	snprintf(path, sizeof(path), "%s-spool-2147483646-00000000000000aa", s->trace);
	write_file(path, "", 0);
	ingest_now(s);
	assert_int_equal(count_files(s, "-00000000000000aa"), 1);
	struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	ingest_now(s);
	assert_int_equal(count_files(s, "-00000000000000aa"), 0);
	assert_string_equal(ask(s, "SELECT count(*) FROM incomplete"), "0");
}

static void a_look_at_the_living_disturbs_nothing(void **state)
{
	struct scene *s = *state;
	sqlite3 *db = NULL;
	struct trace_failure failure = {0};
	int running = 0;
	add(s, opened(s, CONNECTION, 10 * MS));
	drain_now(s);
	add(s, opened(s, CONNECTION + 64, 20 * MS));
	assert_int_equal(trace_open(&db, s->trace, TRACE_READ, 0, &failure), TRACE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(trace_peek(db, s->trace, &running, &failure), TRACE_OK);
	assert_int_equal(running, 1);
	sqlite3_stmt *stmt;
	int64_t count = 0;
	sqlite3_prepare_v2(db, "SELECT count(*) FROM outstanding WHERE verdict = 'open'", -1, &stmt, NULL);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	count = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	assert_int_equal(count, 2);
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_string_equal(ask(s, "SELECT count(*) FROM connection"), "1");
	add(s, finished(s, CONNECTION, 30 * MS));
	drain_now(s);
	assert_string_equal(ask(s, "SELECT count(*) AS count, sum(released_ns IS NULL) AS live FROM connection"),
						"count=2, live=1");
}

static const char result_query[] = "SELECT count(*) FROM resource";

static int64_t number_of(sqlite3 *db, const char *query)
{
	sqlite3_stmt *stmt;
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	int64_t number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return number;
}

/* What lies beside a trace on read-only storage counts, and stays. */
static void what_cannot_be_written_is_read_as_a_copy(void **state)
{
	struct scene *s = *state;
	sqlite3 *db = NULL;
	struct trace_failure failure = {0};
	add(s, opened(s, CONNECTION, 10 * MS));
	drain_now(s);
	add(s, queried(s, RESULT, CONNECTION, 20 * MS));
	die(s);
	assert_int_equal(sqlite3_open_v2(s->trace, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_false(trace_is_copy(db));
	assert_int_equal(trace_ingest(db, s->trace, &failure), TRACE_READ_ONLY);
	assert_int_equal(trace_copy(&db, s->trace, &failure), TRACE_OK);
	assert_true(trace_is_copy(db));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(trace_ingest(db, s->trace, &failure), TRACE_OK);
		assert_int_equal(number_of(db, result_query), 1);
	}
	sqlite3_close(db);
	assert_int_equal(count_files(s, "-spool-"), 1);
	assert_string_equal(ask(s, result_query), "0");
	ingest_now(s);
	assert_string_equal(ask(s, result_query), "1");
	assert_int_equal(count_files(s, "-spool-"), 0);
}

static void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 20];
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, bytes, sizeof bytes);
	close(fd);
	assert_true(length > 0);
	write_file(to, bytes, (size_t)length);
}

enum { SOMEBODY = 12345 };

/* The empty trace, and a spool beside it, are their owner's; what somebody else puts there is not taken in. */
static void only_its_owner_fills_an_empty_trace(void **state)
{
	struct scene *s = *state;
	char path[192];
	if (geteuid() != 0)
		skip();
	add(s, opened(s, CONNECTION, 10 * MS));
	write_file(s->trace, "", 0);
	snprintf(path, sizeof path, "%s-spool-2147483646-00000000000000aa", s->trace);
	copy_file(s->spool.path, path);
	assert_int_equal(chown(path, SOMEBODY, SOMEBODY), 0);
	die(s);
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT count(*) FROM process"), "1");
	assert_string_equal(ask(s, "SELECT reason LIKE '% belongs to another user; it is kept' FROM incomplete"), "1");
	assert_int_equal(count_files(s, "-00000000000000aa"), 1);
}

/* Of another user whose trace it is, it is: root reads it, and writes nothing. */
static void the_empty_trace_of_another_user_is_read(void **state)
{
	struct scene *s = *state;
	sqlite3 *db = NULL;
	struct trace_failure failure = {0};
	if (geteuid() != 0)
		skip();
	add(s, opened(s, CONNECTION, 10 * MS));
	die(s);
	write_file(s->trace, "", 0);
	assert_int_equal(chown(s->trace, SOMEBODY, SOMEBODY), 0);
	assert_int_equal(trace_open(&db, s->trace, TRACE_READ, 0, &failure), TRACE_OK);
	assert_int_equal(trace_ingest(db, s->trace, &failure), TRACE_OK);
	assert_int_equal(number_of(db, "SELECT count(*) FROM connection"), 1);
	sqlite3_close(db);
	struct stat st;
	assert_int_equal(stat(s->trace, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(count_files(s, "-spool-"), 1);
}

static void a_missing_folder_is_an_error(void **state)
{
	struct scene *s = *state;
	sqlite3 *db = NULL;
	struct trace_failure failure = {0};
	drain_now(s);
	assert_int_equal(trace_open(&db, s->trace, TRACE_READ, 0, &failure), TRACE_OK);
	assert_int_equal(trace_ingest(db, "/nonexistent/t.db", &failure), TRACE_SYSTEM);
	assert_non_null(strstr(failure.text, "No such file or directory"));
	sqlite3_close(db);
}

#define INGEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		INGEST(the_dead_are_taken_over),
		INGEST(the_last_word_counts),
		INGEST(the_living_are_left_alone),
		INGEST(the_unknown_need_a_last_word),
		INGEST(a_damaged_spool_is_kept_and_said),
		INGEST(a_copied_spool_is_no_spool),
		INGEST(lost_marks_become_rows),
		INGEST(an_unborn_spool_goes_when_it_is_old),
		INGEST(a_look_at_the_living_disturbs_nothing),
		INGEST(what_cannot_be_written_is_read_as_a_copy),
		INGEST(only_its_owner_fills_an_empty_trace),
		INGEST(the_empty_trace_of_another_user_is_read),
		INGEST(a_missing_folder_is_an_error),
	};
	return cmocka_run_group_tests_name("ingest", tests, NULL, NULL);
}
