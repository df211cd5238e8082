// SPDX-License-Identifier: PostgreSQL
/*
 * test-stages.c - what findings.c says of its stages is what they do.
 *
 * SQLite itself tells which tables each statement of a stage makes, changes and
 * reads.  The stages run on some of the golden tests' traces, with every option
 * that lets them ask more.  And where the report and a view of the trace answer
 * the same question, they agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* For its table of stages. */
#include "../../analyzer/findings/findings.c"

#include "analyzer/reading/functions.h"
#include "analyzer/reading/own-views.h"
#include "trace/store/trace.h"

#define NAMES 4096

/* Each statement is run whatever its `only if` says, but where a test says otherwise. */
static bool heeds_conditions;
bool __real_query_run(sqlite3 *db, const char *sql);
bool __wrap_query_run(sqlite3 *db, const char *sql);

bool __wrap_query_run(sqlite3 *db, const char *sql)
{
	static const char only_if[] = "-- only if ";
	sqlite3_str *text = sqlite3_str_new(NULL);
	const char *at;

	for (; !heeds_conditions && (at = strstr(sql, only_if)) != NULL; sql = at + strlen(only_if))
		sqlite3_str_appendf(text, "%.*s%s1 OR ", (int)(at - sql), sql, only_if);
	sqlite3_str_appendall(text, sql);
	char *copy = sqlite3_str_finish(text);
	bool done = __real_query_run(db, copy);
	sqlite3_free(copy);
	return done;
}

/* Names with a blank before and after each, like those of the table. */
struct names {
	char text[NAMES];
};

static bool has(const char *names, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = names; (at = strstr(at, name)) != NULL; at += length)
		if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return true;
	return false;
}

static void note(struct names *names, const char *name)
{
	if (has(names->text, name))
		return;
	assert_true(strlen(names->text) + strlen(name) + 2 < NAMES);
	strcat(strcat(names->text, " "), name);
}

/* That all of these are among those. */
static void assert_within(const char *stage, const char *what, const char *these, const char *those)
{
	char copy[NAMES];

	snprintf(copy, sizeof copy, "%s", these);
	for (char *name = strtok(copy, " "); name != NULL; name = strtok(NULL, " "))
		if (!has(those, name))
			fail_msg("the stage %s %s %s", stage, what, name);
}

/* What a stage does to TEMP tables and views. */
struct seen {
	struct names made, changed, read;
};

/* On all traces. */
static struct seen all[STAGE_COUNT];

static struct names base;

/* Whose affair a statement inside this view is: its maker's, whoever reads the view.  A WITH has a name as well. */
static struct seen *maker_of(const char *view, struct seen *otherwise)
{
	for (size_t i = 0; i < STAGE_COUNT; i++)
		if (has(stages[i].makes, view))
			return &all[i];
	return otherwise;
}

static int watch(void *context, int action, const char *name, const char *more, const char *database, const char *view)
{
	struct seen *seen = view != NULL ? maker_of(view, context) : context;

	if (database == NULL || name == NULL || strcmp(database, "temp") != 0 || strncmp(name, "sqlite_", 7) == 0)
		return SQLITE_OK;
	if (action == SQLITE_CREATE_TEMP_TABLE || action == SQLITE_CREATE_TEMP_VIEW)
		note(&seen->made, name);
	else if (action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE)
		note(&seen->changed, name);
	else if (action == SQLITE_CREATE_TEMP_INDEX)
		note(&seen->changed, more);
	else if (action == SQLITE_ALTER_TABLE)
		note(&seen->changed, more);
	else if (action == SQLITE_READ)
		note(&seen->read, name);
	return SQLITE_OK;
}

/* A trace of the golden tests, as a reading has it. */
static sqlite3 *open_trace(const char *fixture)
{
	char path[] = "/tmp/pqleak-stages-XXXXXX", command[1024];
	struct trace_failure failure;
	sqlite3 *db;

	close(mkstemp(path));
	snprintf(command, sizeof command,
			 "cd '" SOURCE "/tests/golden/fixture' && sqlite3 -bail %s '.read " SOURCE "/trace/store/schema.sql'"
			 " BEGIN '.read base.sql' '.read %s.sql' COMMIT",
			 path, fixture);
	assert_int_equal(system(command), 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	unlink(path);
	assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = MEMORY", NULL, NULL, NULL),
					 SQLITE_OK); /* no file is left */
	if (heeds_conditions)
		own_views_begin(db);
	else
		assert_int_equal(trace_shadow_views(db, &failure), TRACE_OK);
	assert_true(functions_add(db) && source_root_use(db, NULL));
	return db;
}

/* What every reading has, but what a stage puts in its place. */
static void read_base(sqlite3 *db)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT name FROM sqlite_temp_schema WHERE type IN ('table', 'view')");

	note(&base, "symbol"); /* where the trace cannot be written */
	while (query_next(row, NULL))
		if (maker_of(query_text(row, 0), NULL) == NULL)
			note(&base, query_text(row, 0));
}

/* A view that no stage reads needs its tables, too. */
static void look_into_views(sqlite3 *db)
{
	static struct seen reader;
	QUERY_CLEANUP name = query_prepare(db, "SELECT printf('SELECT * FROM temp.%s', name) FROM sqlite_temp_schema"
										   " WHERE type = 'view'");

	sqlite3_set_authorizer(db, watch, &reader);
	while (query_next(name, NULL)) {
		QUERY_CLEANUP row = query_prepare(db, query_text(name, 0));
		assert_non_null(row);
	}
	sqlite3_set_authorizer(db, NULL, NULL);
}

/* Runs the stages on a trace, twice as for running processes, and notes what they do. */
static void run_on(const char *fixture)
{
	struct reading reading = {.db = open_trace(fixture)};
	struct report_choice choice = {.group_by = "site",
								   .all = true,
								   .stacks = true,
								   .timeline = true,
								   .held_ns = 1,
								   .gate = {.most_unused_ns = 1, .most_idle_ns = 1}};

	assert_true(suppress_read(&choice.accepted.suppressions, SOURCE "/tests/golden/accepted/all.supp"));
	read_base(reading.db);
	assert_true(drop_made(reading.db));
	for (size_t i = 0; i < STAGE_COUNT; i++) {
		all[i].made.text[0] = '\0';
		sqlite3_set_authorizer(reading.db, watch, &all[i]);
		assert_true(run_stage(&stages[i], reading.db, &choice));
		sqlite3_set_authorizer(reading.db, NULL, NULL);
		assert_within(stages[i].name, "makes more than it says:", all[i].made.text, stages[i].makes);
		assert_within(stages[i].name, "does not make", stages[i].makes, all[i].made.text);
	}
	assert_true(run_stages(&reading, &choice));
	look_into_views(reading.db);
	suppressions_done(&choice.accepted.suppressions);
	query_close(reading.db);
}

static void stages_do_what_they_say(void **state)
{
	static const char *const fixtures[] = {"leaks", "misuse", "habits", "wrapper", "scripts", "handover", "abandoned"};

	(void)state;
	for (size_t f = 0; f < sizeof fixtures / sizeof fixtures[0]; f++)
		run_on(fixtures[f]);
	for (size_t i = 0; i < STAGE_COUNT; i++) {
		struct names may = base;
		note(&may, stages[i].makes);
		assert_within(stages[i].name, "changes what it does not make:", all[i].changed.text, may.text);
		note(&may, stages[i].needs);
		assert_within(stages[i].name, "reads what it does not need:", all[i].read.text, may.text);
		assert_within(stages[i].name, "does not read", stages[i].needs, all[i].read.text);
	}
}

static void each_need_is_made_before(void **state)
{
	struct names made = {""};

	(void)state;
	for (size_t i = 0; i < STAGE_COUNT; i++) {
		char copy[NAMES];
		assert_within(stages[i].name, "needs what no stage before it makes:", stages[i].needs, made.text);
		snprintf(copy, sizeof copy, "%s", stages[i].makes);
		for (char *name = strtok(copy, " "); name != NULL; name = strtok(NULL, " ")) {
			if (has(made.text, name))
				fail_msg("two stages make %s", name);
			note(&made, name);
		}
	}
}

/* Each gives a row for what the report and a view say differently of one trace. */
static const char *const differences[] = {
	"SELECT 1 FROM plain_site p JOIN site s ON s.stack = p.stack WHERE (s.level, s.frame) <> (p.level, p.frame)",
	"SELECT p.stack, p.level FROM plain_own p JOIN site s ON s.stack = p.stack EXCEPT SELECT stack, level FROM "
	"own_frame",
	"SELECT 1 FROM plain_role p JOIN frame_role r ON r.frame = p.frame WHERE r.role <> p.role",
	"SELECT kind, verdict, sum(count) FROM tally_life GROUP BY kind, verdict EXCEPT SELECT * FROM verdict_count",
	"SELECT * FROM verdict_count EXCEPT SELECT kind, verdict, sum(count) FROM tally_life GROUP BY kind, verdict",
	/* The view knows of plain call sites only. */
	"SELECT kind, process, acquire_stack, shape FROM finding_member WHERE verdict = 'leaked' AND lost AND NOT EXISTS"
	" (SELECT 1 FROM stack_blame b JOIN site s ON s.stack = b.stack AND s.frame <> b.frame)"
	" EXCEPT SELECT kind, process, acquire_stack, shape FROM plain_shape",
	/* Of several processes the report asks where they were together. */
	"SELECT p.acquire_stack, p.open FROM found_peak p WHERE (SELECT count(*) FROM process WHERE peak > 0) = 1"
	" EXCEPT SELECT acquire_stack, open FROM peak_site",
	"SELECT 1 FROM audit a JOIN connection c ON c.acquire_stack = a.acquire_stack JOIN target_text t ON t.target = "
	"c.target"
	" GROUP BY a.acquire_stack HAVING count(DISTINCT c.target) = 1 AND max(a.is_local) <> (max(t.way) = 'socket')",
	"SELECT 1 FROM connection c JOIN connection_life l ON l.id = c.id"
	" WHERE l.transaction_status <> transaction_name(c.transaction_status)",
};

static void report_and_views_agree(void **state)
{
	static const char *const fixtures[] = {"leaks",   "kinds-leaked", "habits",  "wrapper",
										   "scripts", "peak",         "libpqxx", "abandoned"};

	(void)state;
	for (size_t f = 0; f < sizeof fixtures / sizeof fixtures[0]; f++) {
		struct reading reading = {.db = open_trace(fixtures[f])};
		struct report_choice choice = {.group_by = "site", .all = true};
		assert_true(query_run(reading.db, "CREATE TEMP TABLE plain_site AS SELECT * FROM call_site;"
										  "CREATE TEMP TABLE plain_own AS SELECT * FROM own_frame;"
										  "CREATE TEMP TABLE plain_role AS SELECT * FROM frame_role;"
										  "CREATE TEMP TABLE plain_shape AS SELECT * FROM leak_shape"));
		assert_true(run_stages(&reading, &choice));
		for (size_t d = 0; d < sizeof differences / sizeof differences[0]; d++) {
			QUERY_CLEANUP row = query_prepare(reading.db, differences[d]);
			assert_non_null(row);
			if (query_next(row, NULL))
				fail_msg("%s: %s: %s|%s", fixtures[f], differences[d], query_text(row, 0), query_text(row, 1));
		}
		query_close(reading.db);
	}
}

/* All that the stages have made of a trace, as text. */
static char *tell_tables(const char *fixture, bool heeds)
{
	static const char tables[] =
		"SELECT name FROM sqlite_temp_schema WHERE type = 'table'"
		" AND name NOT IN ('package', 'driver', 'driver_function', 'runtime', 'manner') ORDER BY name";
	struct report_choice choice = {.group_by = "site"};
	sqlite3_str *text = sqlite3_str_new(NULL);

	heeds_conditions = heeds;
	struct reading reading = {.db = open_trace(fixture)};
	assert_true(run_stages(&reading, &choice));
	QUERY_CLEANUP table = query_prepare(reading.db, tables);
	while (query_next(table, NULL)) {
		char *sql = sqlite3_mprintf("SELECT * FROM temp.%s ORDER BY 1", query_text(table, 0));
		QUERY_CLEANUP row = query_prepare(reading.db, sql);
		sqlite3_free(sql);
		sqlite3_str_appendf(text, "%s:\n", query_text(table, 0));
		while (query_next(row, NULL))
			for (int i = 0; i < sqlite3_column_count(row); i++)
				sqlite3_str_appendf(text, "%s%c", query_text(row, i), i + 1 < sqlite3_column_count(row) ? '|' : '\n');
	}
	query_free(&table);
	own_views_end();
	query_close(reading.db);
	heeds_conditions = false;
	return sqlite3_str_finish(text);
}

/* What a condition leaves out, and a view that is not made before it is named, change nothing. */
static void conditions_leave_out_nothing(void **state)
{
	static const char *const fixtures[] = {"abandoned", "by-design",    "clean",   "dropped", "habits",
										   "handover",  "kinds-leaked", "leaks",   "misuse",  "nothing",
										   "peak",      "retries",      "scripts", "unseen",  "wrapper"};

	(void)state;
	for (size_t f = 0; f < sizeof fixtures / sizeof fixtures[0]; f++) {
		char *whole = tell_tables(fixtures[f], false), *some = tell_tables(fixtures[f], true);
		if (strcmp(whole, some) != 0)
			fail_msg("%s: all statements make\n%s\nand those that are worth it\n%s", fixtures[f], whole, some);
		sqlite3_free(whole);
		sqlite3_free(some);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages_do_what_they_say),
		cmocka_unit_test(each_need_is_made_before),
		cmocka_unit_test(report_and_views_agree),
		cmocka_unit_test(conditions_leave_out_nothing),
	};
	return cmocka_run_group_tests_name("stages", tests, NULL, NULL);
}
