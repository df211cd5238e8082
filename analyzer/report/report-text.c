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
#include "analyzer/text/notes.h"
#include "analyzer/text/text.h"

extern const char finding_rows_sql[];

#define FULL_FINDINGS 20 /* without --all */
#define BRIEF_FINDINGS 5

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

/* What leaked in full, the rest briefly; where there are many after an index, which has the rest. */
static bool print_findings(const struct printer *printer, const struct report *report)
{
	const struct report_choice *choice = report->choice;
	QUERY_CLEANUP rows = query_prepare(report->reading->db, finding_rows_sql);
	bool excused = choice->accepted.show || choice->all, has_index = false;
	bool failed = rows == NULL || !text_index(printer, report->reading->db, choice, excused, FULL_FINDINGS, &has_index);
	struct hidden hidden = {0};
	int64_t full = 0, brief = 0, indexed = 0;

	for (struct finding f; !failed && finding_next(rows, &f, &failed);) {
		bool leaked = f.verdict == VERDICT_LEAKED || f.verdict == VERDICT_ABANDONED || f.verdict == VERDICT_KEPT ||
					  f.verdict == VERDICT_IDLE;
		if (f.excused[0] != '\0' && !excused)
			continue;
		indexed += has_index;
		if (choice->all || (leaked && full < FULL_FINDINGS)) {
			finding_full(printer, choice, report->reading, &f);
			full++;
		} else if (has_index && indexed <= MOST_INDEXED) {
			continue;
		} else if (!leaked && !has_index && brief < BRIEF_FINDINGS) {
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
	print_hidden(printer, &hidden, report->totals->group_noun);
	return !failed;
}

bool report_text(const struct report *report, FILE *file)
{
	struct reading *reading = report->reading;
	const struct report_choice *choice = report->choice;
	const struct totals *totals = report->totals;
	struct printer whose = printer_for(report->meant_for), *printer = &whose;

	printer->file = file;
	printer->native = choice->frames.native;
	text_headline(printer, reading->db, choice, totals);
	bool clean = totals->reasons == 0 && totals->stale == 0 && choice->accepted.baseline.file == NULL &&
				 totals_leaked(totals) == 0 && !choice->all && totals_open(totals) == 0 && totals_shown(totals) == 0 &&
				 totals_lived(totals) == 0;
	if (clean && totals_misuse(totals) == 0 && totals->notes == 0)
		return true;
	print_line(printer, 0, STYLE_PLAIN, "%s", "");
	bool failed = !print_findings(printer, report);
	failed = failed || !suppress_report(printer, reading->db) ||
			 (choice->accepted.baseline.file != NULL &&
			  !baseline_report(printer, &choice->accepted.baseline, reading->db, totals->reasons == 0));
	bool summary = !clean || totals_misuse(totals) > 0; /* notes alone need no numbers to put them in proportion */
	failed = failed || !text_misuses(printer, reading->db, choice->all, choice->all || choice->accepted.show) ||
			 !notes_print(printer, reading->db, choice->all, !summary);
	if (summary)
		text_summary(printer, reading, totals);
	return !failed && text_unnamed(printer, reading->db, choice);
}
