// SPDX-License-Identifier: PostgreSQL
/*
 * test-guard.c - what somebody else could put into a trace, or beside it, decides nothing; and what a user may do to a
 * trace of their own does no harm.  tests/adversary has the statements that are refused.
 */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/store/guard.h"
#include "trace/store/trace.h"

#define NOBODY 65534

static enum trace_error try(struct scene *s, enum trace_access access)
{
	sqlite3 *db = NULL;
	struct trace_failure failure = {0};
	enum trace_error error = trace_open(&db, s->trace, access, 0, &failure);
	assert_int_equal(error == TRACE_OK, failure.text[0] == '\0');
	sqlite3_close(db);
	return error;
}

/* A trace with a connection, and an event that is not drained yet. */
static void begin(struct scene *s)
{
	add(s, opened(s, CONNECTION, 10 * MS));
	drain_now(s);
	add(s, finished(s, CONNECTION, 20 * MS));
}

static void change(struct scene *s, const char *sql)
{
	sqlite3 *db;
	char *message = NULL;
	assert_int_equal(sqlite3_open(s->trace, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	sqlite3_close(db);
}

static void assert_refused(struct scene *s, const char *what)
{
	struct trace_failure failure = {0};
	if (try(s, TRACE_READ) != TRACE_REFUSED || try(s, TRACE_EXTEND) != TRACE_REFUSED)
		fail_msg("%s was not refused", what);
	assert_int_equal(drain_run(s->drain, s->trace, 0, &failure), TRACE_REFUSED);
	assert_non_null(strstr(failure.text, s->trace));
}

static void try_hostile(const char *statement)
{
	void *scene;
	scene_setup(&scene);
	begin(scene);
	/* SQLite may have been built without the extension that makes virtual tables. */
	sqlite3 *db;
	sqlite3_open(((struct scene *)scene)->trace, &db);
	bool made = sqlite3_exec(db, statement, NULL, NULL, NULL) == SQLITE_OK;
	sqlite3_close(db);
	if (!made && strstr(statement, "VIRTUAL TABLE") == NULL)
		fail_msg("cannot make: %s", statement);
	if (made)
		assert_refused(scene, statement);
	scene_teardown(&scene);
}

static void what_it_could_run_is_refused(void **state)
{
	(void)state;
	char line[512];
	int count = 0;
	FILE *statements = fopen(ADVERSARY "/statements.sql", "re");
	assert_non_null(statements);
	while (fgets(line, sizeof line, statements) != NULL) {
		assert_non_null(strchr(line, '\n'));
		if (strncmp(line, "--", 2) == 0)
			continue;
		try_hostile(line);
		count++;
	}
	fclose(statements);
	assert_true(count >= 14);
}

static void nothing_of_the_spool_is_lost(void **state)
{
	struct scene *s = *state;
	begin(s);
	change(s, "CREATE TRIGGER t AFTER INSERT ON process BEGIN DELETE FROM connection; END");
	assert_refused(s, "the trigger");
	change(s, "DROP TRIGGER t");
	forget_drain(s);
	drain_now(s);
	assert_string_equal(ask(s, "SELECT released_ns FROM connection"), "20 ms");
}

/* The clean twins. */
static const char *const harmless[] = {
	"CREATE TABLE my_notes (text); CREATE INDEX my_index ON my_notes (text)",
	"CREATE VIEW my_view AS SELECT * FROM connection",
	"ANALYZE",
	"VACUUM",
	"DROP VIEW process_fate",
	"CREATE VIEW process_fate_too AS SELECT 1",
};

static void what_a_user_adds_is_their_affair(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
		void *scene;
		scene_setup(&scene);
		begin(scene);
		change(scene, harmless[i]);
		assert_int_equal(try(scene, TRACE_READ), TRACE_OK);
		drain_now(scene);
		assert_string_equal(ask(scene, "SELECT released_ns FROM connection"), "20 ms");
		scene_teardown(&scene);
	}
}

static void other_comments_are_no_other_table(void **state)
{
	struct scene *s = *state;
	begin(s);
	change(s, "DROP TABLE incomplete; CREATE TABLE incomplete (process INTEGER, -- the process\n\n"
			  " pid INTEGER,\treason TEXT NOT NULL)");
	assert_int_equal(try(s, TRACE_READ), TRACE_OK);
	drain_now(s);
}

static void a_pipe_is_not_waited_for(void **state)
{
	static const char *const suffixes[] = {"", "-journal", "-wal", "-shm"};
	struct scene *s = *state;
	begin(s);
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		char path[160];
		snprintf(path, sizeof path, "%s%s", s->trace, suffixes[i]);
		unlink(path);
		assert_int_equal(mkfifo(path, 0600), 0);
		assert_refused(s, path);
		unlink(path);
		if (i == 0)
			drain_now(s);
	}
}

/* The journal is the one beside the file, not beside the link. */
static void a_pipe_behind_a_link_is_not_waited_for(void **state)
{
	struct scene *s = *state;
	char other[160], journal[200];
	snprintf(other, sizeof other, "%s/other", s->folder);
	snprintf(journal, sizeof journal, "%s-journal", other);
	begin(s);
	assert_int_equal(rename(s->trace, other), 0);
	assert_int_equal(symlink("other", s->trace), 0);
	assert_int_equal(mkfifo(journal, 0600), 0);
	struct trace_failure failure = {0};
	assert_int_equal(try(s, TRACE_READ), TRACE_REFUSED);
	assert_int_equal(try(s, TRACE_EXTEND), TRACE_REFUSED);
	assert_int_equal(drain_run(s->drain, s->trace, 0, &failure), TRACE_REFUSED);
	unlink(journal);
	assert_int_equal(try(s, TRACE_EXTEND), TRACE_OK);
	drain_now(s);
	unlink(s->trace);
	unlink(other);
}

/* SQLite would follow 200 of them, on a stack that has no room for that in a traced program. */
static void links_in_a_circle_lead_nowhere(void **state)
{
	struct scene *s = *state;
	begin(s);
	unlink(s->trace);
	assert_int_equal(symlink("t.db", s->trace), 0);
	assert_int_equal(try(s, TRACE_READ), TRACE_SYSTEM);
	assert_int_equal(try(s, TRACE_EXTEND), TRACE_SYSTEM);
	unlink(s->trace);
	assert_int_equal(symlink("nothing", s->trace), 0);
	assert_int_equal(try(s, TRACE_READ), TRACE_SYSTEM);
	assert_int_equal(try(s, TRACE_EXTEND), TRACE_SYSTEM);
	unlink(s->trace);
}

static void links_and_modes(void **state)
{
	struct scene *s = *state;
	char other[160];
	snprintf(other, sizeof other, "%s/other", s->folder);
	begin(s);
	assert_int_equal(link(s->trace, other), 0);
	assert_int_equal(try(s, TRACE_READ), TRACE_OK);
	assert_int_equal(try(s, TRACE_EXTEND), TRACE_REFUSED);
	unlink(other);
	assert_int_equal(try(s, TRACE_EXTEND), TRACE_OK);
	assert_int_equal(chmod(s->trace, 0620), 0);
	assert_int_equal(try(s, TRACE_READ), TRACE_OK);
	assert_int_equal(try(s, TRACE_EXTEND), TRACE_REFUSED);
	assert_int_equal(chmod(s->trace, 0644), 0);
	assert_int_equal(try(s, TRACE_EXTEND), TRACE_OK);
	/* One's own symbolic link is followed. */
	assert_int_equal(rename(s->trace, other), 0);
	assert_int_equal(symlink("other", s->trace), 0);
	assert_int_equal(try(s, TRACE_READ), TRACE_OK);
	assert_int_equal(try(s, TRACE_EXTEND), TRACE_OK);
	unlink(s->trace);
	unlink(other);
}

static void another_users_files(void **state)
{
	struct scene *s = *state;
	char path[160];
	if (geteuid() != 0)
		skip(); /* only root can give files away */
	begin(s);
	assert_int_equal(chown(s->trace, NOBODY, NOBODY), 0);
	assert_int_equal(try(s, TRACE_READ), TRACE_OK);
	assert_int_equal(try(s, TRACE_EXTEND), TRACE_REFUSED);
	assert_int_equal(chown(s->trace, 0, 0), 0);
	snprintf(path, sizeof path, "%s-journal", s->trace);
	write_file(path, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
	assert_int_equal(chown(path, NOBODY, NOBODY), 0);
	assert_refused(s, "a journal of another user's");
	unlink(path);
	snprintf(path, sizeof path, "%s/other", s->folder);
	assert_int_equal(rename(s->trace, path), 0);
	assert_int_equal(symlink("other", s->trace), 0);
	assert_int_equal(lchown(s->trace, NOBODY, NOBODY), 0);
	assert_int_equal(try(s, TRACE_EXTEND), TRACE_REFUSED);
	unlink(s->trace);
	/* Nor is one followed that leads to nothing yet. */
	assert_int_equal(symlink("nothing", s->trace), 0);
	assert_int_equal(lchown(s->trace, NOBODY, NOBODY), 0);
	assert_int_equal(try(s, TRACE_EXTEND), TRACE_REFUSED);
	unlink(s->trace);
	unlink(path);
}

static void another_users_spool(void **state)
{
	struct scene *s = *state;
	if (geteuid() != 0)
		skip();
	begin(s);
	die(s);
	assert_int_equal(chown(s->spool.path, NOBODY, NOBODY), 0);
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT released_ns IS NULL AS open, reason LIKE '%belongs to another user; it is kept' "
							   "AS said FROM connection"
							   " JOIN incomplete"),
						"open=1, said=1");
	assert_int_equal(count_files(s, "-spool-"), 1);
	/* The clean twin: the owner's of the trace. */
	assert_int_equal(chown(s->trace, NOBODY, NOBODY), 0);
	ingest_now(s);
	assert_string_equal(ask(s, "SELECT released_ns IS NULL FROM connection"), "0");
	assert_int_equal(count_files(s, "-spool-"), 0);
}

static void work_is_bounded(void **state)
{
	struct scene *s = *state;
	struct guard_bound bound;
	sqlite3 *db;
	begin(s);
	assert_int_equal(sqlite3_open(s->trace, &db), SQLITE_OK);
	guard_bound(db, &bound, 20);
	assert_int_equal(
		sqlite3_exec(db, "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT sum(n) FROM r", NULL,
					 NULL, NULL),
		SQLITE_INTERRUPT);
	assert_int_not_equal(sqlite3_exec(db, "SELECT length(zeroblob(2000000))", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

#define GUARD(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_could_run_is_refused),
		GUARD(nothing_of_the_spool_is_lost),
		cmocka_unit_test(what_a_user_adds_is_their_affair),
		GUARD(other_comments_are_no_other_table),
		GUARD(a_pipe_is_not_waited_for),
		GUARD(a_pipe_behind_a_link_is_not_waited_for),
		GUARD(links_in_a_circle_lead_nowhere),
		GUARD(links_and_modes),
		GUARD(another_users_files),
		GUARD(another_users_spool),
		GUARD(work_is_bounded),
	};
	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
