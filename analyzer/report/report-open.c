// SPDX-License-Identifier: PostgreSQL
/*
 * report-open.c - what is open for a person; see open.h.
 */
#include "analyzer/report/open.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/reading/functions.h"
#include "analyzer/sites/sites.h"
#include "analyzer/text/counts.h"
#include "analyzer/text/text.h"

#define MOST_SHOWN 20 /* without --all */

extern const char still_open_sql[];

bool open_possible(const struct report_choice *choice)
{
	const struct formats *formats = &choice->formats;
	enum format wrong = formats->format;

	for (size_t i = 0; i < formats->count && (wrong == FORMAT_text || wrong == FORMAT_json); i++)
		wrong = formats->outputs[i].format;
	if (wrong != FORMAT_text && wrong != FORMAT_json)
		return refuse("'--open': %s is a form for findings, and what is open is none (use text or json)",
					  format_names[wrong]);
	if (choice->accepted.print)
		return refuse("'--open': what is open is no finding, and nothing excuses it (leave out --print-suppressions)");
	return !formats->reproducible || refuse("'--open' tells times, which --reproducible leaves out (leave out one)");
}

/* In the place of the view: to know its stacks, and to print it. */
static const char kept_sql[] = "CREATE TEMP TABLE still_open AS SELECT * FROM open_connection";

static const char stacks_sql[] = "SELECT acquire_stack AS stack FROM still_open UNION SELECT use_stack FROM still_open"
								 " UNION SELECT transaction_stack FROM still_open";

static bool make(struct reading *reading, void *context)
{
	const struct report_choice *choice = context;

	return query_drop(reading->db, "still_open told_open") && query_run(reading->db, kept_sql) &&
		   sites_make(reading->db, &choice->symbols, stacks_sql, NULL) && query_run(reading->db, still_open_sql);
}

bool open_make(struct reading *reading, const struct report_choice *choice)
{
	struct report_choice copy = *choice;

	return frames_use(&choice->frames, reading->db) && source_root_use(reading->db, choice->source_root) &&
		   reading_look(reading, make, &copy);
}

/* ?1: at most */
static const char rows_sql[] =
	"SELECT o.connection, iif(o.unused_ns IS NULL, '', duration(o.unused_ns)), short_name(s.head), s.tail,"
	" o.used_ns IS NOT NULL, ifnull(short_name(u.head) || u.tail, 'an unknown place') || ', ' || o.use_function"
	"   || iif(o.statement IS NULL, '', ' (' || o.statement || ')'),"
	" iif(o.age_ns IS NULL, '', duration(o.age_ns)), o.status, iif(o.transaction_ns IS NULL, '', "
	"duration(o.transaction_ns)),"
	" iif(o.idle_ns > 0, ', idle for ' || duration(o.idle_ns), ''), ifnull(short_name(b.head) || b.tail, 'an unknown "
	"place'),"
	" ifnull(o.backend_pid, ''), o.thread, CASE o.thread_alive WHEN 1 THEN 'alive' WHEN 0 THEN 'gone' ELSE 'nobody "
	"knows' END,"
	" printf('%d %s', o.pid, basename(o.exe)) || iif(o.label IS NULL, '', ', ' || o.label), o.fate, t.text,"
	" o.\"transaction\" IS NOT NULL, o.verdict = 'cannot-tell'"
	" FROM told_open o LEFT JOIN site s ON s.stack = o.site LEFT JOIN site u ON u.stack = o.borrower"
	" LEFT JOIN site b ON b.stack = o.transaction_site LEFT JOIN target_text t ON t.target = o.target"
	" ORDER BY o.number LIMIT ?1";

enum {
	ID,
	UNUSED,
	HEAD,
	TAIL,
	IS_USED,
	USE,
	AGE,
	STATUS,
	TRANSACTION_AGE,
	IDLE,
	BEGUN,
	BACKEND,
	THREAD,
	ALIVE,
	PROCESS,
	FATE,
	TARGET,
	HAS_TRANSACTION,
	IS_UNSURE,
};

static void field(const struct printer *printer, const char *label, const char *text)
{
	if (text[0] != '\0')
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, label, "%s", text);
}

static void print_one(const struct printer *printer, sqlite3_stmt *row)
{
	char title[128];
	const char *unused = query_text(row, UNUSED);
	bool is_running = strcmp(query_text(row, FATE), "running") == 0;

	snprintf(title, sizeof title, "connection %s%s%s%s%s, opened at ", query_text(row, ID),
			 sqlite3_column_int(row, IS_UNSURE) != 0 ? ", perhaps given back" : "",
			 sqlite3_column_int(row, IS_USED) != 0 ? "" : ", never used", unused[0] != '\0' ? ", unused for " : "",
			 unused);
	print_call(printer, 0, STYLE_STRONG, title,
			   query_text(row, HEAD)[0] != '\0' ? query_text(row, HEAD) : "an unknown place", query_text(row, TAIL));
	if (sqlite3_column_int(row, IS_USED) != 0)
		field(printer, "borrower", query_text(row, USE));
	field(printer, "age", query_text(row, AGE));
	if (sqlite3_column_int(row, HAS_TRANSACTION) != 0)
		print_field(printer, PART_INDENT, STYLE_WARNING, PART_LABEL, "status", "%s%s%s%s, begun at %s",
					query_text(row, STATUS), query_text(row, TRANSACTION_AGE)[0] != '\0' ? " for " : "",
					query_text(row, TRANSACTION_AGE), query_text(row, IDLE), query_text(row, BEGUN));
	else
		field(printer, "status", query_text(row, STATUS));
	field(printer, "target", query_text(row, TARGET));
	field(printer, "backend", query_text(row, BACKEND));
	print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "thread", "%s (%s)", query_text(row, THREAD),
				query_text(row, ALIVE));
	print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "process", "%s (%s%s)", query_text(row, PROCESS),
				is_running ? "" : "ended: ", query_text(row, FATE));
	print_line(printer, 0, STYLE_PLAIN, "%s", "");
}

/* How many there are, and what may be missing. */
static int64_t say_head(const struct printer *printer, const struct report *report)
{
	sqlite3 *db = report->reading->db;
	int64_t count = query_number(db, "SELECT count(*) FROM told_open", 0);
	int64_t idle = query_number(db, "SELECT count(*) FROM told_open WHERE \"transaction\" IS NOT NULL", 0);
	int64_t ended = query_number(db, "SELECT count(*) FROM told_open WHERE fate <> 'running'", 0);
	char text[SENTENCE];
	QUERY_CLEANUP reason = query_prepare(db, "SELECT reason FROM cannot_tell");

	snprintf(text, sizeof text, "%" PRId64 " connection%s open", count, plural(count));
	append_count(text, ", ", ended, "", "when its process ended");
	append_count(text, ", ", idle, "", "in a transaction");
	print_line(printer, 0, count > 0 ? STYLE_STRONG : STYLE_GOOD, "pqleak: %s",
			   count > 0 ? text : "no connection is open, or was when its process ended");
	while (query_next(reason, NULL))
		print_line(printer, 0, STYLE_WARNING, "pqleak: there may be others: %s", query_text(reason, 0));
	return count;
}

bool report_open_text(const struct report *report, FILE *file)
{
	struct printer printer = printer_for(report->meant_for);
	int64_t most = report->choice->all ? INT64_MAX : MOST_SHOWN;
	QUERY_CLEANUP row = query_with(report->reading->db, rows_sql, AS_NUMBER(most));
	bool failed = row == NULL;

	printer.file = file;
	int64_t count = say_head(&printer, report);
	if (count > 0)
		print_line(&printer, 0, STYLE_PLAIN, "%s", "");
	while (!failed && query_next(row, &failed))
		print_one(&printer, row);
	if (count > most)
		print_line(&printer, 0, STYLE_WARNING, "... %" PRId64 " more, used later (--all shows every one)",
				   count - most);
	return !failed;
}
