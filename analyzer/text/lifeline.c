// SPDX-License-Identifier: PostgreSQL
/*
 * lifeline.c - one connection from its opening to its end, as a line and what happened when; see lifeline.h.
 */
#include "analyzer/text/lifeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/between.h"
#include "analyzer/base/columns.h"
#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/sites/sites.h"
#include "analyzer/timeline/timeline.h"

#define TIME_COLUMNS 25

/* In the order in which one hides the other. */
static const struct {
	const char *what, *block, *plain, *words;
} drawn[] = {
	{"idle", "─", "-", "idle"},
	{"idle in transaction", "▒", "x", "idle in transaction"},
	{"use", "━", "=", "used: only the last use is recorded"},
	{"query", "█", "#", "a query is not answered"},
	{"connect", "░", "c", "connecting"},
	{"failed", "×", "f", "failed to connect"},
};
#define DRAWN (sizeof drawn / sizeof drawn[0])

static const char lane_sql[] = "DELETE FROM lane; INSERT INTO lane SELECT id FROM main.connection WHERE id = %lld";

/* As the report has them: its own stages do not run. */
static const char tables_sql[] = "CREATE TEMP TABLE lane (connection INTEGER PRIMARY KEY);"
								 "CREATE TEMP TABLE released_by (stack INTEGER PRIMARY KEY, manner TEXT NOT NULL)";
static const char released_sql[] = "INSERT INTO released_by SELECT stack, manner FROM stack_manner"
								   " WHERE stack IN (SELECT release_stack FROM owned_connection WHERE id IN lane)";

#define STACKS                                                                                                         \
	"SELECT acquire_stack FROM owned_connection WHERE id IN lane"                                                      \
	" UNION SELECT use_stack FROM owned_connection WHERE id IN lane"                                                   \
	" UNION SELECT release_stack FROM owned_connection WHERE id IN lane"                                               \
	" UNION SELECT broken_stack FROM main.connection WHERE id IN lane"                                                 \
	" UNION SELECT stack FROM main.reset WHERE connection IN lane"

bool lifeline_prepare(struct reading *reading, void *context)
{
	const struct lifeline *line = context;
	char *lane = sqlite3_mprintf(lane_sql, (long long)line->connection);
	bool done = lane != NULL && query_drop(reading->db, "lane released_by lane_life") &&
				query_run(reading->db, tables_sql) && query_run(reading->db, lane) &&
				sites_make(reading->db, line->symbols, STACKS, NULL) && query_run(reading->db, released_sql) &&
				lanes_make(reading->db);

	sqlite3_free(lane);
	return done;
}

/* A character a column, each that of the span which says most there. */
static void draw(const struct lifeline *line, sqlite3 *db, int64_t from_ns, int64_t to_ns)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT from_ns, to_ns, what FROM lane_span");
	int columns = line->columns;
	bool blocks = locale_has_blocks(), seen[DRAWN] = {false};
	int64_t width_ns = part_between(from_ns, to_ns, columns);
	signed char *column = malloc((size_t)columns);
	char *text = malloc((size_t)columns * 3 + 1), *end = text;

	if (column != NULL)
		memset(column, -1, (size_t)columns);
	while (column != NULL && text != NULL && query_next(row, NULL)) {
		int64_t first = between(from_ns, sqlite3_column_int64(row, 0)) / width_ns;
		int64_t last = between(from_ns, sqlite3_column_int64(row, 1)) / width_ns;
		for (size_t what = 0; what < DRAWN; what++)
			for (int64_t i = first; strcmp(query_text(row, 2), drawn[what].what) == 0 && i <= last && i < columns; i++)
				if (column[i] < (signed char)what)
					column[i] = (signed char)what;
	}
	for (int i = 0; column != NULL && text != NULL && i < columns; i++) {
		if (column[i] >= 0)
			seen[(size_t)column[i]] = true;
		end = stpcpy(end, column[i] < 0 ? " "
						  : blocks      ? drawn[(size_t)column[i]].block
										: drawn[(size_t)column[i]].plain);
	}
	if (text != NULL) {
		*end = '\0';
		print_line(&line->printer, 4, STYLE_PLAIN, "%s", text);
	}
	for (size_t what = 0; what < DRAWN; what++)
		if (seen[what])
			print_line(&line->printer, 4, STYLE_DIM, "%s %s", blocks ? drawn[what].block : drawn[what].plain,
					   drawn[what].words);
	free(text);
	free(column);
}

static const char happened_sql[] =
	"SELECT * FROM ("
	" SELECT c.acquired_ns AS at_ns, 0 AS place, 'opened by ' || c.acquire_function || iif(c.state = 'connected', ', "
	"took ' || duration(c.connect_ns), '') AS words,"
	"   c.acquire_stack AS stack FROM owned_connection c WHERE c.id IN lane"
	" UNION ALL SELECT c.acquired_ns + c.connect_ns, 1, 'failed: ' || ifnull(c.error, 'other'), NULL FROM "
	"main.connection c"
	"   WHERE c.id IN lane AND c.state = 'failed'"
	" UNION ALL SELECT p.at_ns, 2, CASE WHEN p.at_ns = c.used_ns AND p.words IS NULL THEN"
	"     'last used by ' || c.use_function || ifnull(' (' || nullif(c.statement, '') || ')', '') || printf(', the "
	"last of %d quer%s', c.queries, iif(c.queries = 1, 'y', 'ies'))"
	"   ELSE ifnull(p.words, 'used') END, iif(p.at_ns = c.used_ns, c.use_stack, NULL)"
	"   FROM lane_point p JOIN owned_connection c ON c.id = p.connection WHERE p.what = 'use'"
	" UNION ALL SELECT r.at_ns, 3, iif(r.backend_pid > 0, printf('reset, backend %d', r.backend_pid), 'reset failed'), "
	"r.stack"
	"   FROM main.reset r WHERE r.connection IN lane"
	" UNION ALL SELECT s.from_ns, 4, printf('%s from here on, for %s', s.what, duration(s.to_ns - s.from_ns)), NULL"
	"   FROM lane_span s WHERE s.what IN ('idle in transaction', 'query', 'idle') AND s.to_ns - s.from_ns >= 1000000"
	" UNION ALL SELECT c.broken_ns, 5, 'found gone by a use, after ' || duration(c.broken_idle_ns) || ' unused', "
	"c.broken_stack"
	"   FROM main.connection c WHERE c.id IN lane AND c.broken_ns IS NOT NULL"
	" UNION ALL SELECT c.released_ns, 6, CASE p.words WHEN 'exit' THEN 'given back by the exit of the process'"
	"     WHEN 'thread' THEN 'given back by the end of a thread' WHEN 'collector' THEN 'given back by a garbage "
	"collector'"
	"     ELSE 'given back' END || ', after ' || duration(c.released_ns - c.acquired_ns), c.release_stack"
	"   FROM owned_connection c LEFT JOIN lane_point p ON p.connection = c.id AND p.what = 'release'"
	"   WHERE c.id IN lane AND c.released_ns IS NOT NULL"
	" UNION ALL SELECT p.ended_ns, 7, printf('never given back: its process ended (%s)', p.\"end\"), NULL FROM "
	"owned_connection c"
	"   JOIN main.process p ON p.id = c.process WHERE c.id IN lane AND c.released_ns IS NULL AND p.ended_ns IS NOT "
	"NULL)"
	" ORDER BY at_ns, place";

static bool print_happened(const struct lifeline *line, sqlite3 *db)
{
	const struct printer *printer = &line->printer;
	QUERY_CLEANUP row = query_prepare(db, happened_sql);
	QUERY_CLEANUP site = query_prepare(db, "SELECT short_name(head), tail FROM site WHERE stack = ?");
	bool failed = site == NULL;

	while (!failed && query_next(row, &failed)) {
		char at[TIME_TEXT], before[TIME_COLUMNS + 8];
		snprintf(before, sizeof before, "%s", format_time(at, sqlite3_column_int64(row, 0), TIME_MILLISECONDS));
		print_field(printer, 4, STYLE_PLAIN, TIME_COLUMNS, before, "%s", query_text(row, 2));
		if (sqlite3_column_type(row, 3) == SQLITE_NULL)
			continue;
		query_bind(site, QUERY_VALUES(AS_NUMBER(sqlite3_column_int64(row, 3))));
		if (query_next(site, &failed))
			print_call(printer, 4 + TIME_COLUMNS, STYLE_PLAIN, "at ", query_text(site, 0), query_text(site, 1));
		sqlite3_reset(site);
	}
	return !failed;
}

bool lifeline_print(struct reading *reading, void *context, FILE *file)
{
	struct lifeline *line = context;
	long long id = line->connection;
	QUERY_CLEANUP row =
		query_with(reading->db,
				   "SELECT l.verdict, l.state, s.from_ns, s.to_ns, ifnull(t.text, ''), l.pid, basename(l.exe) FROM "
				   "connection_life l"
				   " LEFT JOIN connection c ON c.id = l.id LEFT JOIN target_text t ON t.target = c.target"
				   " CROSS JOIN (SELECT min(from_ns) AS from_ns, max(to_ns) AS to_ns FROM lane_span) s WHERE l.id = ?",
				   AS_NUMBER(id));
	bool failed = false;

	line->printer.file = file;
	if (!query_next(row, &failed))
		return !failed &&
			   refuse("no connection %lld in '%s' ('pqleak show %s' lists them)", id, reading->path, reading->path);
	const char *verdict = query_text(row, 0), *target = query_text(row, 4);
	print_line(&line->printer, 0, strcmp(verdict, "leaked") == 0 ? STYLE_BAD : STYLE_STRONG,
			   "connection %lld: %s%s%s%s, process %s %s", id, verdict,
			   strcmp(query_text(row, 1), "failed") == 0 ? " (failed)" : "", target[0] != '\0' ? ", " : "", target,
			   query_text(row, 5), query_text(row, 6));
	draw(line, reading->db, sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3));
	return print_happened(line, reading->db);
}
