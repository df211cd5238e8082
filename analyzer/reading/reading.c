// SPDX-License-Identifier: PostgreSQL
/*
 * reading.c - a trace opened to be read; see reading.h.
 */
#include "analyzer/reading/reading.h"

#include <stddef.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/progress.h"
#include "analyzer/base/query.h"
#include "analyzer/reading/functions.h"
#include "analyzer/reading/own-views.h"
#include "analyzer/reading/salvage.h"
#include "analyzer/reading/unseen.h"
#include "trace/store/ingest.h"

#define WAIT_MS 5000

/* The recorder keeps little and keeps it in memory; a report may need more than memory, and may use some. */
static const char settings_sql[] = "PRAGMA temp_store = FILE; PRAGMA cache_size = -16384";

#define WATCHED_INSTRUCTIONS 500000 /* of SQLite's machine, some milliseconds */

static int watch(void *path)
{
	progress_wait("reading", path);
	return 0;
}

static void watch_begin(const struct reading *reading)
{
	sqlite3_progress_handler(reading->db, WATCHED_INSTRUCTIONS, watch, (void *)(uintptr_t)reading->path);
}

static void watch_end(const struct reading *reading)
{
	if (reading->db != NULL)
		sqlite3_progress_handler(reading->db, 0, NULL, NULL);
	progress_waited();
}

static bool open_watched(struct reading *reading, const char *path)
{
	struct trace_failure failure = {TRACE_OK, ""};

	*reading = (struct reading){.path = path};
	enum trace_error opened = trace_open(&reading->db, path, TRACE_READ, WAIT_MS, &failure);
	if (opened != TRACE_OK && !(opened == TRACE_DAMAGED && salvage_open(&reading->db, path)))
		return refuse("%s", failure.text);
	watch_begin(reading);
	query_run(reading->db, settings_sql);
	enum trace_error error = trace_ingest(reading->db, path, &failure);
	if (error == TRACE_READ_ONLY && trace_copy(&reading->db, path, &failure) == TRACE_OK) {
		query_run(reading->db, settings_sql);
		error = trace_ingest(reading->db, path, &failure);
	}
	/* Who was not seen to live has ended by now: what it left is there. */
	if (error == TRACE_OK && heirs_note(reading->db))
		error = trace_ingest(reading->db, path, &failure);
	if (error != TRACE_OK)
		return refuse("%s", failure.text);
	unseen_look(reading->db);
	own_views_begin(reading->db);
	return functions_add(reading->db);
}

bool reading_open(struct reading *reading, const char *path)
{
	bool done = open_watched(reading, path);

	watch_end(reading);
	return done;
}

/* Opens the transaction and folds the living into it.  Where nothing can be written nobody can be writing. */
static bool peek(struct reading *reading)
{
	struct trace_failure failure = {TRACE_OK, ""};
	/* To write from the start on: SQLite waits for a lock then, but refuses at once to turn a reader into a writer. */
	bool writes = sqlite3_db_readonly(reading->db, "main") == 0;

	if (!query_run(reading->db, writes ? "BEGIN IMMEDIATE" : "BEGIN"))
		return false;
	enum trace_error error = trace_peek(reading->db, reading->path, &reading->running, &failure);
	if (error == TRACE_OK) {
		reading->peeking = true;
		return true;
	}
	sqlite3_exec(reading->db, "ROLLBACK", NULL, NULL, NULL);
	if (error == TRACE_READ_ONLY) {
		reading->running = 0;
		return true;
	}
	return refuse("%s", failure.text);
}

static void stop_peeking(struct reading *reading)
{
	if (reading->peeking)
		sqlite3_exec(reading->db, "ROLLBACK", NULL, NULL, NULL);
	reading->peeking = false;
}

static bool look(struct reading *reading, reading_prepare *prepare, void *context)
{
	if (!peek(reading))
		return false;
	stop_peeking(reading);
	if (!prepare(reading, context))
		return false;
	return reading->running == 0 || (peek(reading) && prepare(reading, context));
}

bool reading_look(struct reading *reading, reading_prepare *prepare, void *context)
{
	watch_begin(reading);
	bool done = look(reading, prepare, context);
	watch_end(reading);
	return done;
}

bool reading_show(struct reading *reading, reading_prepare *prepare, reading_print *print, void *context)
{
	if (!reading_look(reading, prepare, context))
		return false;
	FILE *output = reading_output(reading, stdout);
	bool done = print(reading, context, output);
	return reading_output_end(reading, output, stdout) && done;
}

FILE *reading_output(struct reading *reading, FILE *to)
{
	FILE *held = reading->peeking ? tmpfile() : to;

	return held != NULL ? held : to; /* no room for a temporary file: printing matters more */
}

bool reading_output_end(struct reading *reading, FILE *output, FILE *to)
{
	char buffer[16384];
	size_t length;

	if (output == to)
		return true;
	bool done = fflush(output) == 0 && fseek(output, 0, SEEK_SET) == 0;
	stop_peeking(reading);
	while (done && (length = fread(buffer, 1, sizeof buffer, output)) > 0)
		fwrite(buffer, 1, length, to);
	done = done && ferror(output) == 0;
	fclose(output);
	return done || refuse("cannot store the output in a temporary file (set TMPDIR to a directory with free space)");
}

bool reading_keep_view(sqlite3 *db, const char *name)
{
	const struct trace_view *view = trace_view_find(name, strlen(name), NULL);
	char *sql = NULL;

	if (view != NULL)
		sql = sqlite3_mprintf("INSERT INTO temp.%s\n%.*s", name, view->query_length, view->query);
	bool done = sql != NULL ? query_run(db, sql) : refuse("out of memory, or no view is called '%s'", name);

	sqlite3_free(sql);
	return done;
}

void reading_done(struct reading *reading)
{
	if (reading->db == NULL)
		return;
	stop_peeking(reading);
	own_views_end();
	query_close(reading->db);
	reading->db = NULL;
}
