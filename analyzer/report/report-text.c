// SPDX-License-Identifier: PostgreSQL
/*
 * report-text.c - a report for a person.
 *
 * What leaked comes first and in full, what a killed or running process held
 * after it and briefly, and the numbers that put it in proportion last.
 */
#include <inttypes.h>

#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/known/known.h"
#include "analyzer/report/formats.h"
#include "analyzer/report/notes.h"
#include "analyzer/report/text.h"

extern const char finding_rows_sql[];

#define FULL_FINDINGS 20 /* without --all */
#define BRIEF_FINDINGS 5
#define MISUSES_SHOWN 10

/* Counts what is not shown, so that nobody takes a part for the whole. */
struct hidden {
	int64_t leaked_groups, leaked;
	int64_t other_groups, other;
};

static void print_hidden(const struct printer *printer, const struct hidden *hidden, const char *noun)
{
	if (hidden->leaked_groups > 0)
		print_line(printer, 0, STYLE_BAD, "... %" PRId64 " more %s%s with %" PRId64 " leaked (--all shows every one)",
				   hidden->leaked_groups, noun, plural(hidden->leaked_groups), hidden->leaked);
	if (hidden->other_groups > 0)
		print_line(printer, 0, STYLE_WARNING, "... %" PRId64 " more %s%s with %" PRId64 " open (--all shows every one)",
				   hidden->other_groups, noun, plural(hidden->other_groups), hidden->other);
	if (hidden->leaked_groups > 0 || hidden->other_groups > 0)
		print_line(printer, 0, STYLE_PLAIN, "%s", "");
}

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

static bool print_misuses(const struct printer *printer, sqlite3 *db, bool all, bool excused)
{
	QUERY_CLEANUP row = query_with(db, misuse_sql, AS_NUMBER(excused));
	bool failed = false;
	int64_t hidden = 0;

	for (int64_t shown = 0; query_next(row, &failed); shown++) {
		char head[1024];
		char when[TIME_TEXT];
		int64_t count = sqlite3_column_int64(row, 1);
		if (shown >= MISUSES_SHOWN && !all) {
			hidden++;
			continue;
		}
		snprintf(head, sizeof head, "%" PRId64 " %s at %s", count, any_noun(query_text(row, 0), count),
				 query_text(row, 8));
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

bool report_text(const struct report *report, FILE *file)
{
	struct reading *reading = report->reading;
	const struct report_choice *choice = report->choice;
	const struct totals *totals = report->totals;
	struct printer whose = printer_for(report->meant_for), *printer = &whose;
	QUERY_CLEANUP rows = query_prepare(reading->db, finding_rows_sql);
	struct hidden hidden = {0};
	bool failed = rows == NULL;
	int64_t full = 0;
	int64_t brief = 0;

	printer->file = file;
	printer->native = choice->frames.native;
	if (failed)
		return false;
	text_headline(printer, choice, totals);
	bool clean = totals->reasons == 0 && totals->stale == 0 && choice->accepted.baseline.file == NULL &&
				 totals_leaked(totals) == 0 && !choice->all && totals_open(totals) == 0 && totals_shown(totals) == 0;
	if (clean && totals_misuse(totals) == 0 && totals->notes == 0)
		return true;
	print_line(printer, 0, STYLE_PLAIN, "%s", "");
	for (struct finding f; finding_next(rows, &f, &failed);) {
		bool leaked = f.verdict == VERDICT_LEAKED;
		if (f.excused[0] != '\0' && !choice->accepted.show && !choice->all)
			continue;
		if (choice->all || (leaked && full < FULL_FINDINGS)) {
			finding_full(printer, choice, reading, &f);
			full++;
		} else if (!leaked && brief < BRIEF_FINDINGS) {
			finding_title(printer, choice, &f);
			brief++;
		} else if (leaked) {
			hidden.leaked_groups++;
			hidden.leaked += f.count;
		} else {
			hidden.other_groups++;
			hidden.other += f.count;
		}
	}
	if (brief > 0)
		print_line(printer, 0, STYLE_PLAIN, "%s", "");
	print_hidden(printer, &hidden, totals->group_noun);
	failed = failed || !suppress_report(printer, reading->db) ||
			 (choice->accepted.baseline.file != NULL &&
			  !baseline_report(printer, &choice->accepted.baseline, reading->db, totals->reasons == 0));
	bool summary = !clean || totals_misuse(totals) > 0; /* notes alone need no numbers to put them in proportion */
	failed = failed || !print_misuses(printer, reading->db, choice->all, choice->all || choice->accepted.show) ||
			 !notes_print(printer, reading->db, choice->all, !summary);
	if (summary)
		text_summary(printer, reading, totals);
	return !failed;
}
