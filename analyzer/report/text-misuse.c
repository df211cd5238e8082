// SPDX-License-Identifier: PostgreSQL
/*
 * text-misuse.c - misuse in a text report, with its stacks.
 */
#include <inttypes.h>

#include "analyzer/base/print-time.h"
#include "analyzer/base/query.h"
#include "analyzer/report/text-parts.h"

#define MISUSES_SHOWN 10

static const char misuse_sql[] =
	"SELECT m.kind, m.count, m.function, m.stack, m.acquire_stack, m.release_stack, m.first_ns, m.connection,"
	" ifnull(short_name(s.head), 'an unknown place'), ifnull(s.tail, ''), printf('%d %s', p.pid, basename(p.exe)),"
	" m.processes FROM found_misuse m LEFT JOIN site s ON s.stack = m.stack LEFT JOIN process p ON p.id = m.process"
	" WHERE NOT m.by_design AND (?1 OR m.excused = '') ORDER BY m.count DESC, m.first_ns, m.kind";

static void print_stack_of(const struct printer *printer, sqlite3 *db, const char *label, int64_t stack)
{
	if (stack == 0)
		return;
	print_line(printer, PART_INDENT, STYLE_PLAIN, "%s", label);
	part_stack(printer, db, stack, false);
}

bool report_misuse(const struct printer *printer, sqlite3 *db, bool all, bool excused)
{
	QUERY_CLEANUP row = query_prepare(db, misuse_sql);
	bool failed = row == NULL;
	int64_t hidden = 0;

	if (!failed)
		sqlite3_bind_int(row, 1, excused);
	for (int64_t shown = 0; !failed && query_next(row, &failed); shown++) {
		char head[1024];
		char when[TIME_TEXT];
		int64_t count = sqlite3_column_int64(row, 1);
		enum misuse_kind kind = misuse_find(query_text(row, 0));
		if (shown >= MISUSES_SHOWN && !all) {
			hidden++;
			continue;
		}
		snprintf(head, sizeof head, "%" PRId64 " %s at %s", count,
				 kind != MISUSE_NONE ? misuse_noun(kind, count) : query_text(row, 0), query_text(row, 8));
		print_kept_tail(printer, 0, STYLE_BAD, head, query_text(row, 9));
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%s, called from", query_text(row, 2));
		part_stack(printer, db, sqlite3_column_int64(row, 3), false);
		print_stack_of(printer, db, "acquired", sqlite3_column_int64(row, 4));
		print_stack_of(printer, db, "released before", sqlite3_column_int64(row, 5));
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%-9s %s", "first",
				   format_time(when, sqlite3_column_int64(row, 6), TIME_SECONDS));
		int64_t others = sqlite3_column_int64(row, 11) - 1;
		if (others > 0)
			print_line(printer, PART_INDENT, STYLE_PLAIN, "%-9s %s and %" PRId64 " more", "process",
					   query_text(row, 10), others);
		else
			print_line(printer, PART_INDENT, STYLE_PLAIN, "%-9s %s", "process", query_text(row, 10));
		print_line(printer, 0, STYLE_PLAIN, "%s", "");
	}
	if (hidden > 0)
		print_line(printer, 0, STYLE_BAD, "... %" PRId64 " more misuse%s (--all shows every one)\n", hidden,
				   plural(hidden));
	return !failed;
}
