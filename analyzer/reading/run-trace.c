// SPDX-License-Identifier: PostgreSQL
/*
 * run-trace.c - what `run` does with a trace; see run-trace.h.
 */
#include "analyzer/reading/run-trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/reading/unseen.h"
#include "trace/store/ingest.h"
#include "trace/store/marks.h"

#define WAIT_MS 5000
#define MOST_MARKS 200 /* that processes sent: anybody can */
#define NS_PER_S INT64_C(1000000000)

char *run_trace_path(const char *name)
{
	char *path = NULL;

	if (name[0] == '/') {
		path = strdup(name);
	} else {
		char *folder = getcwd(NULL, 0);
		if (folder == NULL) {
			complain("cannot write trace '%s': current directory: %s (give an absolute path)", name, strerror(errno));
			return NULL;
		}
		if (asprintf(&path, "%s/%s", folder, name) < 0)
			path = NULL;
		free(folder);
	}
	if (path == NULL)
		complain("out of memory");
	return path;
}

char *run_trace_setting(const char *path)
{
	char *setting = malloc(2 * strlen(path) + 1);
	char *end = setting;

	if (setting == NULL)
		return NULL;
	for (; *path != '\0'; path++) {
		if (*path == '%')
			*end++ = '%';
		*end++ = *path;
	}
	*end = '\0';
	return setting;
}

/* What the trace began with is gone when somebody removed, emptied or exchanged it: and so is what it held. */
static void note_removal(sqlite3 *db)
{
	query_once(db,
			   "INSERT INTO incomplete (pid, reason) SELECT ?1, ?2"
			   " WHERE NOT EXISTS (SELECT 1 FROM property WHERE name = 'launched by process ' || ?1)",
			   AS_NUMBER(getpid()),
			   AS_TEXT("its trace was removed while the command ran, and the events in it are lost"));
}

bool run_trace_make(const char *path, bool append, const char *program, int64_t *ret_known)
{
	struct trace_failure failure = {TRACE_OK, ""};
	sqlite3 *db = NULL;

	if (trace_open(&db, path, append ? TRACE_EXTEND : TRACE_REPLACE, WAIT_MS, &failure) != TRACE_OK)
		return refuse("%s", failure.text);
	/* What an earlier run left must not be taken for the command's. */
	if (append && trace_ingest(db, path, &failure) != TRACE_OK) {
		query_close(db);
		return refuse("%s", failure.text);
	}
	unseen_note_command(db, program);
	query_once(db, "INSERT OR REPLACE INTO property SELECT 'launched by process ' || ?, 1", AS_NUMBER(getpid()));
	*ret_known = query_number(db, "SELECT ifnull(max(id), 0) FROM process", 0);
	query_close(db);
	return true;
}

void run_trace_collect(const char *path)
{
	struct trace_failure failure = {TRACE_OK, ""};
	sqlite3 *db = NULL;

	if (trace_open(&db, path, TRACE_READ, WAIT_MS, &failure) == TRACE_OK &&
		trace_ingest(db, path, &failure) == TRACE_OK)
		unseen_look(db); /* a program can be gone at the end */
	query_close(db);
}

static unsigned marks_sent;   /* and kept, or not */
static unsigned marks_missed; /* of these */

void run_trace_keep_mark(const char *path, const struct heard *heard)
{
	int kept = marks_sent < MOST_MARKS ? mark_keep(path, marks_sent, heard->pid, heard->uid, heard->text) : -E2BIG;

	marks_sent += kept != 0;
	marks_missed += kept < 0;
}

static void note_marks(sqlite3 *db)
{
	if (marks_missed == 0)
		return;
	sqlite3_str *reason = sqlite3_str_new(db);
	sqlite3_str_appendf(reason, "could not write down what %u processes said that could not be recorded either",
						marks_missed);
	query_once(db, "INSERT INTO incomplete (pid, reason) VALUES (?, ?)", AS_NUMBER(getpid()),
			   AS_TEXT(sqlite3_str_value(reason)));
	sqlite3_free(sqlite3_str_finish(reason));
}

/* A program replaced by exec shares its pid with what replaced it: the last one is the one that was waited for. */
static const char note_sql[] =
	"UPDATE process SET exit_status = :status,"
	" ended_ns = iif(ifnull(\"end\", 'unknown') = 'unknown', :now, ended_ns),"
	" \"end\" = iif(ifnull(\"end\", 'unknown') = 'unknown', :end, \"end\")"
	" WHERE \"end\" IS NOT 'exec' AND id = (SELECT max(id) FROM process WHERE pid = :pid AND id > :known)";

/* The process's number is in the name: a trace can hold several runs. */
static const char told_sql[] =
	"INSERT OR REPLACE INTO property SELECT 'told_to_end_ns of process ' || max(id), :told FROM process"
	" WHERE pid = :pid AND id > :known HAVING max(id) IS NOT NULL";

/* A process that never called libpq has no row. */
static const char killed_sql[] = "INSERT OR REPLACE INTO property SELECT 'killed_early of process ' || ?1, ?2"
								 " WHERE NOT EXISTS (SELECT 1 FROM process WHERE pid = ?1 AND id > ?3)";

static void note_killed(sqlite3 *db, int64_t known, const struct launched *launched)
{
	char words[64];

	if (!WIFSIGNALED(launched->wait_status))
		return;
	snprintf(words, sizeof words, "signal %d (%s)", WTERMSIG(launched->wait_status),
			 strsignal(WTERMSIG(launched->wait_status)));
	query_once(db, killed_sql, AS_NUMBER(launched->pid), AS_TEXT(words), AS_NUMBER(known));
}

static void note(sqlite3 *db, int64_t known, const struct launched *launched)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	query_once(db, note_sql, AS_NUMBER(launched->wait_status), AS_NUMBER((int64_t)now.tv_sec * NS_PER_S + now.tv_nsec),
			   AS_TEXT(WIFEXITED(launched->wait_status) ? "exit" : "killed"), AS_NUMBER(launched->pid),
			   AS_NUMBER(known));
	note_killed(db, known, launched);
	if (launched->told_ns != 0)
		query_once(db, told_sql, AS_NUMBER(launched->told_ns), AS_NUMBER(launched->pid), AS_NUMBER(known));
}

void run_trace_note_end(const char *path, int64_t known, const struct launched *launched)
{
	struct trace_failure failure = {TRACE_OK, ""};
	sqlite3 *db = NULL;

	if (trace_open(&db, path, TRACE_READ, WAIT_MS, &failure) != TRACE_OK)
		return; /* the report that follows says why */
	if (trace_ingest(db, path, &failure) == TRACE_OK) {
		note_removal(db);
		note_marks(db);
		note(db, known, launched);
	}
	query_close(db);
}
