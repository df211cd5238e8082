// SPDX-License-Identifier: PostgreSQL
/*
 * misuse.c - the calls that must not be, in a text report: each by its own place, but those on a connection that
 * is shared through fork together, by where that was opened.
 */
#include "analyzer/text/text.h"

#include <inttypes.h>

#include "analyzer/base/print.h"
#include "analyzer/base/query.h"

#define MISUSES_SHOWN 10 /* without --all */
#define CALLS_SHOWN 5    /* of one, without --all */

/* The columns of a row. */
enum {
	NUMBER,
	KIND,
	COUNT,
	ACQUIRE_STACK,
	RELEASE_STACK,
	FIRST_NS,
	HEAD,
	TAIL,
	PROCESS,
	PROCESSES,
	CONNECTIONS,
	ACQUIRE_FUNCTION,
};

static const char misuse_sql[] =
	"SELECT m.number, m.kind, m.count, m.acquire_stack, m.release_stack, m.first_ns,"
	" ifnull(short_name(s.head), 'an unknown place'), ifnull(s.tail, ''), printf('%d %s', p.pid, basename(p.exe)),"
	" m.processes, m.connections, m.acquire_function FROM told_misuse m LEFT JOIN site s ON s.stack = m.head_stack"
	" LEFT JOIN process p ON p.id = m.process"
	" WHERE NOT m.by_design AND (?1 OR m.excused = '') ORDER BY m.count DESC, m.first_ns, m.kind";

/* Of one line the compiler may have made several calls. */
static const char calls_sql[] =
	"SELECT function, stack, sum(count), count(*) OVER () FROM"
	" (SELECT function, stack, count, first_ns, (SELECT group_concat(text, x'0a') FROM"
	"  (SELECT s.text FROM stack_call s WHERE s.stack = m.stack ORDER BY level, depth)) AS calls"
	"  FROM misuse_call m WHERE number = ?)"
	" GROUP BY function, ifnull(calls, stack) ORDER BY min(first_ns), function, stack";

static void print_stack_of(const struct printer *printer, sqlite3 *db, const char *label, int64_t stack)
{
	if (stack == 0)
		return;
	print_line(printer, PART_INDENT, STYLE_PLAIN, "%s", label);
	part_stack(printer, db, stack, false);
}

/* Of a single one the title says how often it was made. */
static void print_calls(const struct printer *printer, sqlite3 *db, sqlite3_stmt *misuse, bool all)
{
	QUERY_CLEANUP row = query_with(db, calls_sql, AS_NUMBER(sqlite3_column_int64(misuse, NUMBER)));
	const char *where = sqlite3_column_int64(misuse, CONNECTIONS) > 0 ? " in a forked process" : "";
	int64_t left = 0;

	for (int shown = 0; (all || shown < CALLS_SHOWN) && query_next(row, NULL); shown++) {
		int64_t count = sqlite3_column_int64(row, 2), calls = sqlite3_column_int64(row, 3);
		if (calls == 1 || count == 1)
			print_line(printer, PART_INDENT, STYLE_PLAIN, "%s%s, called from", query_text(row, 0), where);
		else
			print_line(printer, PART_INDENT, STYLE_PLAIN, "%s%s, called %" PRId64 " times from", query_text(row, 0),
					   where, count);
		part_stack(printer, db, sqlite3_column_int64(row, 1), false);
		left = calls - shown - 1;
	}
	if (left > 0)
		print_line(printer, PART_INDENT, STYLE_DIM, "... %" PRId64 " more call%s (--all shows every one)", left,
				   plural(left));
}

#define TITLE_TEXT 256

/* The title, up to its place. */
static void say_title(char ret[TITLE_TEXT], sqlite3_stmt *row, int width)
{
	int64_t count = sqlite3_column_int64(row, COUNT);

	snprintf(ret, TITLE_TEXT, "%*" PRId64 " %s%s at ", width, count, any_noun(query_text(row, KIND), count),
			 sqlite3_column_int64(row, CONNECTIONS) > 0 ? ", opened" : "");
}

/* The title, and for what is shared where it was opened, which is there what it says. */
static void print_head(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row)
{
	char title[TITLE_TEXT];
	int64_t connections = sqlite3_column_int64(row, CONNECTIONS);

	say_title(title, row, 0);
	print_call(printer, 0, STYLE_BAD, title, query_text(row, HEAD), query_text(row, TAIL));
	if (connections == 0)
		return;
	print_line(printer, PART_INDENT, STYLE_PLAIN, "%s, called from", query_text(row, ACQUIRE_FUNCTION));
	part_stack(printer, db, sqlite3_column_int64(row, ACQUIRE_STACK), false);
	if (connections > 1)
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%" PRId64 " such connections", connections);
}

static void print_misuse(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row, bool all)
{
	char when[TIME_TEXT];
	int64_t others = sqlite3_column_int64(row, PROCESSES) - 1;

	print_head(printer, db, row);
	print_calls(printer, db, row, all);
	if (sqlite3_column_int64(row, CONNECTIONS) == 0)
		print_stack_of(printer, db, "acquired", sqlite3_column_int64(row, ACQUIRE_STACK));
	print_stack_of(printer, db, "released before", sqlite3_column_int64(row, RELEASE_STACK));
	print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "first", "%s",
				format_time(when, sqlite3_column_int64(row, FIRST_NS), TIME_SECONDS));
	if (others > 0)
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "process", "%s and %" PRId64 " more",
					query_text(row, PROCESS), others);
	else
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "process", "%s", query_text(row, PROCESS));
	print_line(printer, 0, STYLE_PLAIN, "%s", "");
}

int64_t misuse_count(sqlite3 *db, bool excused)
{
	QUERY_CLEANUP row = query_with(
		db, "SELECT count(*) FROM told_misuse m WHERE NOT m.by_design AND (?1 OR m.excused = '')", AS_NUMBER(excused));

	return query_next(row, NULL) ? sqlite3_column_int64(row, 0) : 0;
}

int64_t misuse_shown(int64_t count, bool all)
{
	return count > MISUSES_SHOWN && !all ? MISUSES_SHOWN : count;
}

bool misuse_index(const struct printer *printer, sqlite3 *db, bool excused, int64_t most, int width)
{
	QUERY_CLEANUP row = query_with(db, misuse_sql, AS_NUMBER(excused));
	char title[TITLE_TEXT];
	bool failed = false;

	for (; most > 0 && query_next(row, &failed); most--) {
		say_title(title, row, width);
		print_call_in_line(printer, INDEX_INDENT, STYLE_BAD, title, query_text(row, HEAD), query_text(row, TAIL));
	}
	return !failed;
}

bool text_misuses(const struct printer *printer, sqlite3 *db, bool all, bool excused)
{
	QUERY_CLEANUP row = query_with(db, misuse_sql, AS_NUMBER(excused));
	bool failed = false;
	int64_t told = 0;

	for (; query_next(row, &failed); told++)
		if (told < MISUSES_SHOWN || all)
			print_misuse(printer, db, row, all);
	if (told > MISUSES_SHOWN && !all)
		print_line(printer, 0, STYLE_BAD, "... %" PRId64 " more misuse%s (--all shows every one)\n",
				   told - MISUSES_SHOWN, plural(told - MISUSES_SHOWN));
	return !failed;
}
