// SPDX-License-Identifier: PostgreSQL
/*
 * diff.c - two traces, read one after the other into a database in memory, and compared there; see diff.h.
 */
#include "analyzer/diff/diff.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/findings/findings.h"
#include "analyzer/reading/reading.h"
#include "trace/base/printable.h"

extern const char diff_sql[], diff_side_sql[], diff_json_sql[];

static const char tables_sql[] = "CREATE TABLE trace (side INTEGER PRIMARY KEY, trace, reasons);"
								 "CREATE TABLE side (side INTEGER, kind, fate, key, site, function, file, line, count,"
								 " PRIMARY KEY (side, kind, fate, key));";

static bool keep_row(sqlite3_stmt *insert, enum diff_side side, sqlite3_stmt *row)
{
	sqlite3_bind_int(insert, 1, (int)side);
	for (int column = 0; column < sqlite3_column_count(row); column++)
		sqlite3_bind_value(insert, column + 2, sqlite3_column_value(row, column));
	return query_finish(insert);
}

/* What a trace says goes into `db`. */
static bool keep_side(sqlite3 *db, enum diff_side side, const char *path, const struct report_choice *choice)
{
	READING_CLEANUP reading = {0};
	struct totals totals;
	bool failed = false;

	if (!reading_open(&reading, path) || !findings_make(&reading, choice, &totals))
		return false;
	if (totals.processes == 0)
		return refuse(
			"no libpq call was intercepted in %s, so there is nothing to compare ('pqleak report %s' says more)", path,
			path);
	QUERY_CLEANUP row = query_prepare(reading.db, diff_side_sql);
	QUERY_CLEANUP insert = query_prepare(db, "INSERT INTO side VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
	while (!failed && query_next(row, &failed))
		failed = !keep_row(insert, side, row);
	return !failed && query_once(db, "INSERT INTO trace VALUES (?, ?, ?)", AS_NUMBER(side), AS_TEXT(path),
								 AS_NUMBER(totals.reasons - totals.accepted));
}

static bool knows(sqlite3 *db, enum diff_side side)
{
	QUERY_CLEANUP row = query_with(db, "SELECT reasons = 0 FROM trace WHERE side = ?", AS_NUMBER(side));

	return query_next(row, NULL) && sqlite3_column_int(row, 0) != 0;
}

static bool judge(sqlite3 *db, const struct diff_choice *diff, struct diff_outcome *ret)
{
	QUERY_CLEANUP row = query_with(db,
								   "SELECT EXISTS (SELECT 1 FROM compared"
								   " WHERE change = 'new' AND ?1 OR change = 'grown' AND ?2)",
								   AS_NUMBER(diff->fails_new), AS_NUMBER(diff->fails_grown));

	if (!query_next(row, NULL))
		return false;
	*ret = (struct diff_outcome){sqlite3_column_int(row, 0) != 0, knows(db, DIFF_BEFORE), knows(db, DIFF_AFTER)};
	return true;
}

/* What the first trace lacks may have been there already, and what the second lacks may be new: neither is known. */
static int status_of(const struct diff_choice *diff, const struct diff_outcome *outcome)
{
	if (!diff->is_gate)
		return STATUS_CLEAN;
	if (outcome->fails)
		return outcome->knows_before ? STATUS_LEAKS : STATUS_UNABLE;
	return outcome->knows_after ? STATUS_CLEAN : STATUS_UNABLE;
}

static bool print_json(sqlite3 *db, int status, FILE *file)
{
	static const char *const conclusions[] = {
		[STATUS_CLEAN] = "passed", [STATUS_LEAKS] = "failed", [STATUS_UNABLE] = "cannot tell"};
	QUERY_CLEANUP row = query_prepare(db, diff_json_sql);

	sqlite3_bind_text(row, sqlite3_bind_parameter_index(row, ":conclusion"), conclusions[status], -1, SQLITE_STATIC);
	if (!query_next(row, NULL))
		return false;
	char *text = strdup(query_text(row, 0));
	if (text == NULL)
		return refuse("out of memory");
	make_printable(text);
	fprintf(file, "%s\n", text);
	free(text);
	return true;
}

static int compare(sqlite3 *db, const struct report_choice *choice, const struct diff_choice *diff, FILE *file)
{
	struct diff_outcome outcome;

	if (!query_run(db, diff_sql) || !judge(db, diff, &outcome))
		return -1;
	int status = status_of(diff, &outcome);
	bool is_json = diff->format != NULL && strcmp(diff->format, "json") == 0;
	bool done = is_json ? print_json(db, status, file) : diff_text(db, &outcome, diff->is_gate, choice->all, file);
	return done ? status : -1;
}

int diff_print(const char *before, const char *after, const struct report_choice *choice,
			   const struct diff_choice *diff, FILE *file)
{
	sqlite3 *db = NULL;
	struct report_choice asked = *choice;
	int status = -1;

	asked.all = false; /* what was released is not compared */
	if (sqlite3_open(":memory:", &db) != SQLITE_OK)
		complain("out of memory");
	else if (query_run(db, tables_sql) && keep_side(db, DIFF_BEFORE, before, &asked) &&
			 keep_side(db, DIFF_AFTER, after, &asked))
		status = compare(db, choice, diff, file);
	query_close(db);
	return status;
}
