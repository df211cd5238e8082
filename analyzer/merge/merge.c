// SPDX-License-Identifier: PostgreSQL
/*
 * merge.c - reads one trace after the other and has it taken in; see merge.h.
 */
#include "analyzer/merge/merge.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/message.h"
#include "analyzer/base/output-file.h"
#include "analyzer/base/progress.h"
#include "analyzer/base/query.h"
#include "analyzer/reading/reading.h"
#include "trace/store/trace.h"

extern const char merge_names_sql[], merge_rows_sql[];

#define WAIT_MS 5000

/* What is copied of an incoming trace, and by what it is looked up. */
static const struct {
	const char *name, *index;
} tables[] = {
	{"property", "name"}, {"process", "id"},
	{"incomplete", NULL}, {"unseen", NULL},
	{"module", "id"},     {"script", "id"},
	{"frame", "id"},      {"symbol", "frame"},
	{"stack", "id"},      {"stack_frame", "stack, level"},
	{"target", "id"},     {"setting", "id"},
	{"connection", "id"}, {"reset", "connection"},
	{"resource", "id"},   {"misuse", NULL},
	{"fold", NULL},       {"reuse", NULL},
	{"pile", NULL},       {"event", NULL},
};

#define TABLE_COUNT (sizeof tables / sizeof tables[0])

static const char maps[] =
	"map_module map_script placed_frame map_frame better_named map_target map_setting map_stack map_process replaced"
	" map_connection merged_run ran_on";

static bool run_formatted(sqlite3 *db, const char *format, const char *name, const char *more)
{
	char *sql = sqlite3_mprintf(format, name, name, more);
	bool done = sql != NULL ? query_run(db, sql) : refuse("out of memory");

	sqlite3_free(sql);
	return done;
}

/* Copies a table of `from` into the TEMP table incoming_NAME. */
static bool copy_table(sqlite3 *from, sqlite3 *db, const char *name, const char *index)
{
	char values[256] = "?";

	if (!run_formatted(db, "DROP TABLE IF EXISTS incoming_%w", name, NULL) ||
		!run_formatted(db, "CREATE TEMP TABLE incoming_%w AS SELECT * FROM main.%w WHERE 0", name, NULL))
		return false;
	char *select = sqlite3_mprintf("SELECT * FROM main.%w", name);
	QUERY_CLEANUP row = query_prepare(from, select);
	sqlite3_free(select);
	int columns = sqlite3_column_count(row);
	for (int column = 1; column < columns && strlen(values) + 4 < sizeof values; column++)
		strcat(values, ", ?");
	char *insert_sql = sqlite3_mprintf("INSERT INTO incoming_%w VALUES (%s)", name, values);
	QUERY_CLEANUP insert = query_prepare(db, insert_sql);
	sqlite3_free(insert_sql);
	bool failed = insert == NULL;
	while (!failed && query_next(row, &failed)) {
		for (int column = 0; column < columns; column++)
			sqlite3_bind_value(insert, column + 1, sqlite3_column_value(row, column));
		failed = !query_finish(insert);
	}
	return !failed &&
		   (index == NULL || run_formatted(db, "CREATE INDEX temp.incoming_%w_by ON incoming_%w (%s)", name, index));
}

struct merge {
	sqlite3 *db; /* that all goes into; in a transaction */
	const char *run;
};

/* May be called twice: the second time running processes are included, and what is there is replaced. */
static bool take_in(struct reading *reading, void *context)
{
	struct merge *merge = context;
	sqlite3 *db = merge->db;

	if (!query_drop(db, maps))
		return false;
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (!copy_table(reading->db, db, tables[i].name, tables[i].index))
			return false;
	return query_run(db, "CREATE TEMP TABLE merged_run (name TEXT)") &&
		   query_once(db, "INSERT INTO merged_run VALUES (?)", AS_TEXT(merge->run)) && query_run(db, merge_names_sql) &&
		   merge_stacks(db) && query_run(db, merge_rows_sql);
}

static bool merge_trace(sqlite3 *db, const char *path)
{
	READING_CLEANUP reading = {0};
	struct merge merge = {db, path};

	if (!reading_open(&reading, path))
		return false;
	query_take_from(db, path);
	bool done = reading_look(&reading, take_in, &merge);
	query_take_from(NULL, NULL);
	return done;
}

static bool merge_all(sqlite3 *db, char **traces, int count)
{
	struct progress progress = progress_begin("merging traces", count);
	bool done = query_run(db, "BEGIN IMMEDIATE");

	for (int i = 0; i < count && done; i++) {
		progress_step(&progress, i, traces[i]);
		done = merge_trace(db, traces[i]);
	}
	progress_end(&progress);
	if (done)
		return query_run(db, "COMMIT");
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

bool merge_traces(const char *into, char **traces, int count)
{
	struct trace_failure failure = {TRACE_OK, ""};
	bool was_there = access(into, F_OK) == 0;
	sqlite3 *db = NULL;

	for (int i = 0; i < count; i++)
		if (output_file_same(into, traces[i]))
			return refuse("'%s' is to be merged into itself (leave it out: what it holds stays there)", into);
	if (trace_open(&db, into, TRACE_EXTEND, WAIT_MS, &failure) != TRACE_OK)
		return refuse("%s", failure.text);
	bool done = query_run(db, "PRAGMA temp_store = FILE; PRAGMA cache_size = -65536") && merge_all(db, traces, count);
	query_close(db);
	if (!done && !was_there)
		unlink(into);
	return done;
}
