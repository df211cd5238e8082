// SPDX-License-Identifier: PostgreSQL
/*
 * suppress-text.c - suppressions in words: those that are of no use, and new ones for what was found; see known.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/known/known.h"
#include "trace/base/printable.h"

extern const char suppress_entries_sql[];

static const char stale_sql[] =
	"SELECT file, line, iif(expired, expires, ''), ifnull(' (' || reason || ')', '') FROM suppression"
	" WHERE stale ORDER BY number";

bool suppress_report(const struct printer *printer, sqlite3 *db)
{
	QUERY_CLEANUP row = query_prepare(db, stale_sql);
	bool failed = false;
	bool any = false;

	while (query_next(row, &failed)) {
		if (!any)
			print_line(printer, 0, STYLE_WARNING, "Stale suppressions:");
		any = true;
		const char *file = query_text(row, 0), *expired = query_text(row, 2), *reason = query_text(row, 3);
		int line = sqlite3_column_int(row, 1);
		if (expired[0] != '\0')
			print_line(printer, 2, STYLE_WARNING, "%s:%d: expired on %s and no longer applies%s", file, line, expired,
					   reason);
		else
			print_line(printer, 2, STYLE_WARNING, "%s:%d: matched nothing%s", file, line, reason);
	}
	if (any)
		print_line(printer, 0, STYLE_PLAIN, "%s", "");
	return !failed;
}

/* A name as a pattern, with '*' for what is not printable: a newline in a name must not begin an entry of its own. */
static bool put_name(const char *name, FILE *file)
{
	char *printable = strdup(name);

	if (printable == NULL)
		return refuse("out of memory");
	make_printable(printable);
	for (size_t i = 0; name[i] != '\0'; i++)
		fputc(name[i] == printable[i] ? name[i] : '*', file);
	free(printable);
	return true;
}

/* The columns of suppress-entries.sql. */
enum { C_WHAT, C_KIND, C_CALLED, C_FUNCTION, C_UNIT, C_UNIT_IS_PATH, C_COUNT, C_FRAMES, C_NAME };

/* A pattern for a name as it is; of the end of a file's path for that. */
static bool put_pattern(const char *name, bool is_function, bool is_path, FILE *file)
{
	fputs(is_function || !is_path ? "^" : "/", file);
	bool done = put_name(name, file);
	fputs("$\n", file);
	return done;
}

/* The whole path, from the call of libpq outwards: what comes there by other ways is not excused. */
static bool put_frames(sqlite3 *db, sqlite3_stmt *row, FILE *file)
{
	QUERY_CLEANUP frame = query_with(db, "SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) ORDER BY key",
									 AS_TEXT(query_text(row, C_FRAMES)));
	bool failed = false;

	fputs("    frame: ", file);
	bool done = put_pattern(query_text(row, C_CALLED), true, false, file);
	while (done && query_next(frame, &failed)) {
		if (sqlite3_column_int(frame, 2))
			fputs("    frame: ...\n", file);
		fputs("    frame: ", file);
		done = put_pattern(query_text(frame, 0), sqlite3_column_int(frame, 1) != 0, true, file);
	}
	return done && !failed;
}

static bool print_entry(sqlite3 *db, sqlite3_stmt *row, FILE *file)
{
	const char *kind = query_text(row, C_KIND);
	const char *function = query_text(row, C_FUNCTION), *unit = query_text(row, C_UNIT);
	bool is_path = sqlite3_column_int(row, C_UNIT_IS_PATH) != 0;
	int64_t count = sqlite3_column_int64(row, C_COUNT);

	/* The module's name alone would excuse whatever else leaks in it. */
	if (sqlite3_column_type(row, C_FRAMES) == SQLITE_NULL) {
		const char *name = query_text(row, C_NAME);
		fprintf(file, "# %" PRId64 " %s: ", count, kind);
		bool done = put_name(name, file);
		fputs(name[0] != '\0' ? " has no name; use a baseline for it\n" : "nothing is known of the code\n", file);
		return done;
	}
	fprintf(file, "%s:", query_text(row, C_WHAT));
	bool done = put_pattern(function[0] != '\0' ? function : unit, function[0] != '\0', is_path, file);
	fprintf(file, "    kind: %s\n", kind);
	if (function[0] != '\0' && unit[0] != '\0') {
		fputs("    module: ", file);
		done = put_pattern(unit, false, is_path, file) && done;
	}
	done = put_frames(db, row, file) && done;
	fprintf(file,
			"    # %" PRId64 " found.  Say why this is accepted, and until when:\n    # reason:\n    # expires:\n",
			count);
	return done;
}

bool suppress_print(sqlite3 *db, FILE *file)
{
	QUERY_CLEANUP row = query_prepare(db, suppress_entries_sql);
	bool failed = false;

	while (!failed && query_next(row, &failed))
		failed = !print_entry(db, row, file);
	return !failed;
}
