// SPDX-License-Identifier: PostgreSQL
/*
 * baseline.c - what the baseline knows; see known.h.
 */
#include "analyzer/known/known.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/base/query.h"
#include "analyzer/words/kinds.h"

extern const char baseline_sql[];

#define LINES 10 /* of each sort */

static bool load(const struct baseline *baseline, sqlite3 *db)
{
	/* A merge may leave two lines of one path. */
	QUERY_CLEANUP insert =
		query_prepare(db, "INSERT INTO known_entry (kind, verdict, path, known, bare) VALUES (?, ?, ?, ?, ?)"
						  " ON CONFLICT DO UPDATE SET known = max(known, excluded.known)");
	bool done = true;

	for (size_t i = 0; i < baseline->count && done; i++) {
		const struct known *known = &baseline->items[i];
		done = query_put(insert, AS_TEXT(known->kind), AS_TEXT(known->verdict), AS_TEXT(known->path),
						 AS_NUMBER(known->count), AS_NUMBER(baseline->bare));
	}
	return done;
}

bool baseline_apply(const struct baseline *baseline, sqlite3 *db)
{
	return load(baseline, db) && query_run(db, baseline_sql);
}

/* Prints up to LINES of those that the condition chooses, and how many more there are. */
static bool print_some(const struct printer *printer, sqlite3 *db, const char *title, const char *sql)
{
	QUERY_CLEANUP row = query_prepare(db, sql);
	bool failed = false;
	int64_t count = 0;

	while (query_next(row, &failed)) {
		int64_t known = sqlite3_column_int64(row, 2), now = sqlite3_column_int64(row, 3);
		bool is_misuse = strcmp(query_text(row, 1), "misuse") == 0;
		if (count == 0)
			print_line(printer, 0, STYLE_STRONG, "%s", title);
		if (count++ < LINES)
			print_line(printer, 2, STYLE_PLAIN, "%" PRId64 " known, %" PRId64 " now: %s%s%s, %s", known, now,
					   any_noun(query_text(row, 0), known), is_misuse ? "" : " ", is_misuse ? "" : query_text(row, 1),
					   query_text(row, 4));
	}
	if (count > LINES)
		print_line(printer, 2, STYLE_PLAIN, "... and %" PRId64 " more", count - LINES);
	if (count > 0)
		print_line(printer, 0, STYLE_PLAIN, "%s", "");
	return !failed;
}

bool baseline_report(const struct printer *printer, const struct baseline *baseline, sqlite3 *db, bool whole)
{
	char title[512];

	snprintf(title, sizeof title, "Fixed since %s was written (pqleak baseline -o %s rewrites it):", baseline->file,
			 baseline->file);
	return print_some(printer, db, "Grown since the baseline:",
					  "SELECT kind, verdict, known, now, path FROM baseline WHERE now > known ORDER BY number") &&
		   (!whole || print_some(printer, db, title,
								 "SELECT kind, verdict, known, now, path FROM baseline WHERE now + suppressed < known"
								 " ORDER BY number"));
}
