// SPDX-License-Identifier: PostgreSQL
/*
 * index.c - what a report of many findings begins with: a line each, so that the one that matters is found without
 * reading all of them.
 */
#include <inttypes.h>
#include <stdio.h>

#include "analyzer/base/columns.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/text/text.h"

#define MANY 4 /* three in full fill the screen */

/* ?1: excused ones, too; ?2: at most */
static const char findings_sql[] = "SELECT f.kind, f.verdict, f.state, f.excused, f.count, f.head, f.tail, "
								   "ifnull(l.pooled, 0), ifnull(i.longest_ns, 0), i.begun"
								   " FROM finding f LEFT JOIN finding_life l ON l.number = f.number LEFT JOIN "
								   "finding_idle i ON i.number = f.number WHERE f.excused = '' OR ?1 ORDER BY f.number "
								   "LIMIT ?2";

static const char count_sql[] = "SELECT count(*) FROM finding WHERE excused = '' OR ?1";
static const char leaked_sql[] = "SELECT count(*) FROM finding WHERE verdict IN ('leaked', 'abandoned', 'kept', "
								 "'idle-in-transaction') AND (excused = '' OR ?1)";
static const char widest_sql[] = "SELECT max(count) FROM (SELECT count FROM finding WHERE excused = '' OR ?1 UNION ALL"
								 " SELECT count FROM told_misuse WHERE NOT by_design AND (excused = '' OR ?1))";

static int64_t ask(sqlite3 *db, const char *sql, bool excused)
{
	QUERY_CLEANUP row = query_with(db, sql, AS_NUMBER(excused));

	return query_next(row, NULL) ? sqlite3_column_int64(row, 0) : 0;
}

/* How many columns the largest number takes: they stand below each other. */
static int widest(sqlite3 *db, bool excused)
{
	char number[32];

	snprintf(number, sizeof number, "%" PRId64, ask(db, widest_sql, excused));
	return text_columns(number);
}

static void print_head(const struct printer *printer, int64_t count, int64_t full)
{
	if (full == 0)
		print_line(printer, 0, STYLE_STRONG, "Index of %" PRId64 " findings (--all shows them in full)", count);
	else if (full < count)
		print_line(printer, 0, STYLE_STRONG,
				   "Index of %" PRId64 " findings, %" PRId64 " of them in full below (--all shows every one so)", count,
				   full);
	else
		print_line(printer, 0, STYLE_STRONG, "Index of %" PRId64 " findings", count);
}

bool text_index(const struct printer *printer, sqlite3 *db, const struct report_choice *choice, bool excused,
				int64_t most_full, bool *ret_printed)
{
	int64_t findings = ask(db, count_sql, excused), misuses = misuse_count(db, excused), count = findings + misuses;
	int64_t leaked = ask(db, leaked_sql, excused);
	int64_t most = choice->all ? INT64_MAX : MOST_INDEXED, left = most;
	int width = widest(db, excused);
	bool failed = false;

	*ret_printed = count >= MANY;
	if (count < MANY)
		return true;
	if (!choice->all)
		print_head(printer, count, (leaked < most_full ? leaked : most_full) + misuse_shown(misuses, false));
	else
		print_head(printer, count, count);
	QUERY_CLEANUP row = query_with(db, findings_sql, AS_NUMBER(excused), AS_NUMBER(most));
	for (; query_next(row, &failed); left--) {
		struct finding f = {.kind = kind_find(query_text(row, 0)),
							.verdict = verdict_find(query_text(row, 1)),
							.state = query_text(row, 2),
							.excused = query_text(row, 3),
							.count = sqlite3_column_int64(row, 4),
							.head = query_text(row, 5),
							.tail = query_text(row, 6),
							.life.pooled = sqlite3_column_int(row, 7) != 0,
							.idle.longest_ns = sqlite3_column_int64(row, 8),
							.idle.begun = sqlite3_column_int64(row, 9)};
		finding_in_index(printer, choice, &f, width);
	}
	failed = failed || !misuse_index(printer, db, excused, left, width);
	print_line(printer, 0, STYLE_PLAIN, "%s", "");
	return !failed;
}
