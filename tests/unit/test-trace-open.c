// SPDX-License-Identifier: PostgreSQL
/*
 * test-trace-open.c - which files are opened, made, replaced, or left alone.
 */
#include "support.h"
#include "trace/store/failure.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum trace_error try(struct scene *s, enum trace_access access, struct trace_failure *failure)
{
	sqlite3 *db = NULL;
	memset(failure, 0, sizeof(*failure));
	enum trace_error error = trace_open(&db, s->trace, access, 0, failure);
	assert_int_equal(error == TRACE_OK, db != NULL);
	assert_int_equal(failure->error, error);
	assert_int_equal(error == TRACE_OK, failure->text[0] == '\0');
	sqlite3_close(db);
	return error;
}

static void remove_spool(struct scene *s)
{
	drain_free(s->drain);
	s->drain = NULL;
	spool_close(&s->spool, true);
}

static void a_missing_trace(void **state)
{
	struct scene *s = *state;
	struct trace_failure failure;
	remove_spool(s);
	assert_int_equal(try(s, TRACE_READ, &failure), TRACE_MISSING);
	assert_non_null(strstr(failure.text, s->trace));
	assert_non_null(strstr(failure.text, "pqleak run"));
	assert_int_equal(access(s->trace, F_OK), -1);
	assert_int_equal(try(s, TRACE_EXTEND, &failure), TRACE_OK);
	assert_int_equal(try(s, TRACE_READ, &failure), TRACE_OK);
	assert_string_equal(ask(s, "PRAGMA application_id"), "1347505227");
	assert_string_equal(ask(s, "PRAGMA user_version"), "4");
	assert_string_equal(ask(s, "SELECT abs(strftime('%s') - value / 1000000000) < 60 FROM property WHERE name ="
							   " 'created_ns'"),
						"1");
}

/* A process that ended before any drain leaves a spool and no trace. */
static void a_spool_without_a_trace(void **state)
{
	struct scene *s = *state;
	add(s, opened(s, CONNECTION, 10 * MS));
	die(s);
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT state, end FROM connection JOIN process"), "state=connected, end=unknown");
	assert_int_equal(count_files(s, "-spool-"), 0);
}

static void an_empty_file(void **state)
{
	struct scene *s = *state;
	struct trace_failure failure;
	remove_spool(s);
	write_file(s->trace, "", 0);
	assert_int_equal(try(s, TRACE_READ, &failure), TRACE_DAMAGED);
	assert_non_null(strstr(failure.text, "bring its '-spool-' files"));
	assert_int_equal(try(s, TRACE_REPLACE, &failure), TRACE_OK);
	write_file(s->trace, "", 0);
	assert_int_equal(try(s, TRACE_EXTEND, &failure), TRACE_OK);
}

static const char *all_of_it(struct scene *s)
{
	return ask(s, "SELECT group_concat(type || name || tbl_name || ifnull(sql, ''), char(10)) FROM (SELECT * FROM"
				  " sqlite_schema ORDER BY type, name) UNION ALL SELECT group_concat(name) FROM property WHERE name <> "
				  "'was found empty'"
				  " UNION ALL SELECT * FROM pragma_application_id UNION ALL SELECT * FROM pragma_user_version"
				  " UNION ALL SELECT * FROM pragma_page_size UNION ALL SELECT * FROM pragma_encoding"
				  " UNION ALL SELECT * FROM pragma_auto_vacuum UNION ALL SELECT * FROM pragma_integrity_check");
}

/* One is written as a whole, and one is made by SQLite, because there is an empty file. */
static void two_ways_to_make_one(void **state)
{
	static char written[100000];
	struct scene *s = *state;
	struct trace_failure failure;
	remove_spool(s);
	assert_true(trace_place_image(s->trace));
	assert_false(trace_place_image(s->trace));
	snprintf(written, sizeof written, "%s", all_of_it(s));
	assert_non_null(strstr(written, "CREATE TABLE connection"));
	assert_int_equal(try(s, TRACE_EXTEND, &failure), TRACE_OK);
	write_file(s->trace, "", 0);
	assert_int_equal(try(s, TRACE_EXTEND, &failure), TRACE_OK);
	assert_string_equal(all_of_it(s), written);
	assert_string_equal(ask(s, "SELECT value FROM property WHERE name = 'was found empty'"), "1");
}

static void assert_untouched(struct scene *s, const char *bytes, size_t length)
{
	static char now[65536];
	struct trace_failure failure;
	for (enum trace_access access = TRACE_READ; access <= TRACE_REPLACE; access++) {
		assert_int_equal(try(s, access, &failure), TRACE_FOREIGN);
		int fd = open(s->trace, O_RDONLY | O_CLOEXEC);
		assert_int_equal(read(fd, now, sizeof(now)), length);
		close(fd);
		assert_memory_equal(now, bytes, length);
	}
}

static void foreign_files_are_left_alone(void **state)
{
	struct scene *s = *state;
	static char bytes[65536];
	remove_spool(s);
	write_file(s->trace, "hello", 5);
	assert_untouched(s, "hello", 5);
	memset(bytes, 'x', 20000);
	write_file(s->trace, bytes, 20000);
	assert_untouched(s, bytes, 20000);
	/* Somebody's own SQLite database. */
	unlink(s->trace);
	sqlite3 *db;
	assert_int_equal(sqlite3_open(s->trace, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE dear (x)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	int fd = open(s->trace, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, bytes, sizeof(bytes));
	close(fd);
	assert_true(length > 0);
	assert_untouched(s, bytes, (size_t)length);
}

static void a_later_version_is_refused(void **state)
{
	struct scene *s = *state;
	struct trace_failure failure;
	drain_now(s);
	ask(s, "PRAGMA user_version = 5");
	assert_int_equal(try(s, TRACE_READ, &failure), TRACE_NEWER);
	assert_int_equal(try(s, TRACE_EXTEND, &failure), TRACE_NEWER);
	assert_int_equal(try(s, TRACE_REPLACE, &failure), TRACE_OK);
}

/* Its tables lack what is asked for today. */
static void an_earlier_version_is_refused(void **state)
{
	struct scene *s = *state;
	struct trace_failure failure;
	drain_now(s);
	ask(s, "PRAGMA user_version = 3");
	assert_int_equal(try(s, TRACE_READ, &failure), TRACE_OLDER);
	assert_non_null(strstr(failure.text, "written by an earlier pqleak"));
	assert_int_equal(try(s, TRACE_EXTEND, &failure), TRACE_OLDER);
	assert_int_equal(try(s, TRACE_REPLACE, &failure), TRACE_OK);
}

static void a_shortened_trace_is_damaged(void **state)
{
	struct scene *s = *state;
	struct trace_failure failure;
	drain_now(s);
	assert_int_equal(truncate(s->trace, 8192), 0);
	assert_int_equal(try(s, TRACE_READ, &failure), TRACE_DAMAGED);
}

static void a_trace_without_its_tables_is_damaged(void **state)
{
	struct scene *s = *state;
	struct trace_failure failure = {0};
	drain_now(s);
	ask(s, "DROP TABLE fold");
	add(s, opened(s, CONNECTION, 1));
	add(s, finished(s, CONNECTION, 1));
	assert_int_equal(drain_run(s->drain, s->trace, 0, &failure), TRACE_DAMAGED);
	assert_non_null(strstr(failure.text, "fold"));
}

static void replacing_leaves_nothing_of_the_old(void **state)
{
	struct scene *s = *state;
	struct trace_failure failure;
	char path[160];
	add(s, opened(s, CONNECTION, 10 * MS));
	drain_now(s);
	die(s);
	snprintf(path, sizeof(path), "%s-lost-77-28", s->trace);
	write_file(path, "", 0);
	snprintf(path, sizeof(path), "%s-spool-notes.txt", s->trace);
	write_file(path, "mine", 4);
	assert_int_equal(try(s, TRACE_REPLACE, &failure), TRACE_OK);
	assert_string_equal(ask(s, "SELECT count(*) FROM process"), "0");
	assert_int_equal(count_files(s, ""), 2); /* the trace, and the notes, which are not ours */
}

static void a_folder_cannot_be_replaced(void **state)
{
	struct scene *s = *state;
	struct trace_failure failure;
	remove_spool(s);
	assert_int_equal(mkdir(s->trace, 0700), 0);
	assert_int_equal(try(s, TRACE_REPLACE, &failure), TRACE_FOREIGN);
	assert_int_equal(try(s, TRACE_READ, &failure), TRACE_SYSTEM);
	assert_int_equal(rmdir(s->trace), 0);
}

/* root may write anything, so SQLite is asked to open it read-only, as it does itself for others. */
static void views_are_shadowed_in_a_read_only_trace(void **state)
{
	struct scene *s = *state;
	sqlite3 *db;
	struct trace_failure failure = {0};
	drain_now(s);
	ask(s, "DROP VIEW leak"); /* and what the shim does not store is missing anyway */
	assert_int_equal(sqlite3_open_v2(s->trace, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "SELECT * FROM leak_site", NULL, NULL, NULL), SQLITE_ERROR);
	assert_int_equal(trace_shadow_views(db, &failure), TRACE_OK);
	assert_int_equal(trace_shadow_views(db, &failure), TRACE_OK); /* twice does no harm */
	assert_int_equal(sqlite3_exec(db, "SELECT * FROM leak_site", NULL, NULL, NULL), SQLITE_OK);
	int rc = sqlite3_exec(db, "SELECT * FROM readme; SELECT * FROM cannot_tell; SELECT * FROM outstanding", NULL, NULL,
						  NULL);
	assert_int_equal(rc, SQLITE_OK);
	sqlite3_close(db);
}

static void a_view_is_found_by_its_name(void **state)
{
	struct scene *s = *state;
	sqlite3 *db;
	sqlite3_stmt *view;
	struct trace_failure failure = {0};
	bool seen[TRACE_VIEWS] = {false};
	size_t number = 0;
	int views = 0;

	drain_now(s);
	assert_int_equal(sqlite3_open_v2(s->trace, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(trace_shadow_views(db, &failure), TRACE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT name, sql FROM sqlite_temp_schema WHERE type = 'view'", -1, &view, NULL),
		SQLITE_OK);
	for (; sqlite3_step(view) == SQLITE_ROW; views++) {
		const char *sql = (const char *)sqlite3_column_text(view, 1);
		const char *name = (const char *)sqlite3_column_text(view, 0);
		const struct trace_view *found = trace_view_find(name, strlen(name), &number);
		assert_non_null(found);
		assert_true(number < TRACE_VIEWS && !seen[number]);
		seen[number] = true;
		size_t length = (size_t)found->query_length;
		assert_true(length < strlen(sql));
		assert_memory_equal(found->query, sql + strlen(sql) - length, length);
		assert_memory_equal(found->query - 3, "AS\n", 3);
		assert_int_equal(found->query + length - found->statement, found->statement_length);
	}
	assert_true(views > 0);
	sqlite3_finalize(view);
	assert_null(trace_view_find("leak_", 5, NULL));
	assert_null(trace_view_find("", 0, NULL));
	sqlite3_close(db);
}

/* Written into the schema as they are; SQLite would have stored the same. */
static void views_are_stored_as_sqlite_does(void **state)
{
	struct scene *s = *state;
	sqlite3 *db, *again, *before;
	sqlite3_stmt *view;
	int views = 0;

	drain_now(s);
	assert_int_equal(sqlite3_open(s->trace, &before), SQLITE_OK);
	assert_int_equal(sqlite3_exec(before, "SELECT * FROM leak_site", NULL, NULL, NULL), SQLITE_ERROR);
	assert_int_equal(sqlite3_open(s->trace, &db), SQLITE_OK);
	trace_store_views(db);
	/* Who has the trace open sees them, too. */
	assert_int_equal(sqlite3_exec(before, "SELECT * FROM leak_site", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(before);
	assert_int_equal(sqlite3_exec(db,
								  "INSERT INTO sqlite_schema VALUES ('view', 'x', 'x', 0, 'CREATE VIEW x AS SELECT 1')",
								  NULL, NULL, NULL),
					 SQLITE_ERROR); /* nobody else may */
	sqlite3_close(db);
	assert_int_equal(sqlite3_open(s->trace, &db), SQLITE_OK);
	assert_int_equal(sqlite3_open(":memory:", &again), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT name, sql FROM sqlite_schema WHERE type = 'view'", -1, &view, NULL),
					 SQLITE_OK);
	for (; sqlite3_step(view) == SQLITE_ROW; views++) {
		const char *name = (const char *)sqlite3_column_text(view, 0),
				   *sql = (const char *)sqlite3_column_text(view, 1);
		char query[128];
		sqlite3_stmt *stored;
		assert_int_equal(sqlite3_exec(again, sql, NULL, NULL, NULL), SQLITE_OK);
		snprintf(query, sizeof query, "SELECT sql FROM sqlite_schema WHERE name = '%s'", name);
		assert_int_equal(sqlite3_prepare_v2(again, query, -1, &stored, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_step(stored), SQLITE_ROW);
		assert_string_equal((const char *)sqlite3_column_text(stored, 0), sql);
		sqlite3_finalize(stored);
		snprintf(query, sizeof query, "SELECT * FROM %s", name);
		assert_int_equal(sqlite3_exec(db, query, NULL, NULL, NULL), SQLITE_OK);
	}
	sqlite3_finalize(view);
	assert_true(views >= 50);
	sqlite3_close(again);
	sqlite3_close(db);
}

#define OPEN(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OPEN(a_missing_trace),
		OPEN(a_spool_without_a_trace),
		OPEN(an_empty_file),
		OPEN(two_ways_to_make_one),
		OPEN(foreign_files_are_left_alone),
		OPEN(a_later_version_is_refused),
		OPEN(an_earlier_version_is_refused),
		OPEN(a_shortened_trace_is_damaged),
		OPEN(a_trace_without_its_tables_is_damaged),
		OPEN(replacing_leaves_nothing_of_the_old),
		OPEN(a_folder_cannot_be_replaced),
		OPEN(views_are_shadowed_in_a_read_only_trace),
		OPEN(a_view_is_found_by_its_name),
		OPEN(views_are_stored_as_sqlite_does),
	};
	return cmocka_run_group_tests_name("trace-open", tests, NULL, NULL);
}
