// SPDX-License-Identifier: PostgreSQL
/*
 * diff-text.c - a comparison for a person; see diff.h.
 */
#include <inttypes.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/diff/diff.h"
#include "analyzer/words/kinds.h"

/* "connections not released", and what else became of them. */
static const char *fate_words(const char *kind, const char *fate)
{
	if (strcmp(fate, "misuse") == 0 || strcmp(fate, "idle-in-transaction") == 0)
		return "";
	return strcmp(fate, "unreleased") == 0 ? kind_unreleased(kind_find(kind))
										   : verdict_words(kind_find(kind), verdict_find(fate));
}

static enum style style_of(const char *change)
{
	if (strcmp(change, "new") == 0 || strcmp(change, "grown") == 0)
		return STYLE_BAD;
	return strcmp(change, "unchanged") == 0 ? STYLE_DIM : STYLE_GOOD;
}

/* "3 -> 5 connections leaked at take (app.py:41)" */
static void print_row(const struct printer *printer, sqlite3_stmt *row)
{
	char before[160], numbers[64];
	const char *change = query_text(row, 0), *kind = query_text(row, 1);
	int64_t was = sqlite3_column_int64(row, 3), is = sqlite3_column_int64(row, 4);
	const char *words = fate_words(kind, query_text(row, 2));

	if (was != 0 && is != 0 && was != is)
		snprintf(numbers, sizeof numbers, "%" PRId64 " -> %" PRId64, was, is);
	else
		snprintf(numbers, sizeof numbers, "%" PRId64, is != 0 ? is : was);
	snprintf(before, sizeof before, "%s %s%s%s at ", numbers, any_noun(kind, is != 0 ? is : was),
			 words[0] != '\0' ? " " : "", words);
	print_call(printer, 2, style_of(change), before, query_text(row, 5), "");
}

static bool print_change(const struct printer *printer, sqlite3 *db, const char *change, const char *title)
{
	QUERY_CLEANUP row = query_with(db,
								   "SELECT change, kind, fate, before, after, site FROM compared WHERE change = ?"
								   " ORDER BY number",
								   AS_TEXT(change));
	bool failed = false;
	bool any = false;

	while (query_next(row, &failed)) {
		if (!any)
			print_line(printer, 0, STYLE_STRONG, "%s", title);
		any = true;
		print_row(printer, row);
	}
	if (any)
		print_line(printer, 0, STYLE_PLAIN, "%s", "");
	return !failed;
}

static void print_doubt(const struct printer *printer, bool knows, const char *which, const char *so)
{
	if (!knows)
		print_line(printer, 0, STYLE_WARNING, "the trace from %s is incomplete ('pqleak report' says why): %s", which,
				   so);
}

bool diff_text(sqlite3 *db, const struct diff_outcome *outcome, bool is_gate, bool all, FILE *file)
{
	struct printer printer = printer_for(file);
	int64_t unchanged = query_number(db, "SELECT count(*) FROM compared WHERE change = 'unchanged'", 0);
	int64_t changed = query_number(db, "SELECT count(*) FROM compared WHERE change <> 'unchanged'", 0);
	bool done = print_change(&printer, db, "new", "New") && print_change(&printer, db, "grown", "Grown") &&
				print_change(&printer, db, "shrunk", "Shrunk") && print_change(&printer, db, "gone", "Gone") &&
				(!all || print_change(&printer, db, "unchanged", "Unchanged"));

	print_doubt(&printer, outcome->knows_before, "before", "what is new or grown may have been there already");
	print_doubt(&printer, outcome->knows_after, "after", "what is gone or shrunk may be there still");
	if (changed == 0)
		print_line(&printer, 0, STYLE_PLAIN, "Nothing differs: %" PRId64 " finding%s in both.", unchanged,
				   plural(unchanged));
	else if (unchanged > 0 && !all)
		print_line(&printer, 0, STYLE_PLAIN, "%" PRId64 " finding%s unchanged (--all lists %s).", unchanged,
				   plural(unchanged), unchanged == 1 ? "it" : "them");
	if (is_gate && outcome->fails && !outcome->knows_before)
		complain("cannot tell whether this is new: the trace from before is incomplete");
	return done;
}
