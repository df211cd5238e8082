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
	struct printer whole = *printer; /* half a reason is none */

	whole.width = 0;
	while (query_next(row, &failed)) {
		if (!any)
			print_line(printer, 0, STYLE_WARNING, "Stale suppressions:");
		any = true;
		const char *file = query_text(row, 0), *expired = query_text(row, 2), *reason = query_text(row, 3);
		int line = sqlite3_column_int(row, 1);
		if (expired[0] != '\0')
			print_line(&whole, 2, STYLE_WARNING, "%s:%d: expired on %s and no longer applies%s", file, line, expired,
					   reason);
		else
			print_line(&whole, 2, STYLE_WARNING, "%s:%d: matched nothing%s", file, line, reason);
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

static bool print_entry(sqlite3_stmt *row, FILE *file)
{
	const char *what = query_text(row, 0), *kind = query_text(row, 1);
	const char *function = query_text(row, 2), *unit = query_text(row, 3);
	const char *begin = sqlite3_column_int(row, 6) ? "/" : "^"; /* of the unit's name */
	int64_t count = sqlite3_column_int64(row, 4);
	bool is_script = sqlite3_column_int(row, 5) != 0;

	/* The module's name alone would excuse whatever else leaks in it. */
	if (function[0] == '\0' && unit[0] != '\0' && !is_script) {
		fprintf(file, "# %" PRId64 " %s: in unnamed code of ", count, kind);
		bool done = put_name(unit, file);
		fprintf(file, "; use a baseline for it\n");
		return done;
	}
	fprintf(file, "%s:%s", what, function[0] == '\0' ? begin : "^");
	bool done = put_name(function[0] != '\0' ? function : unit, file);
	fprintf(file, "$\n    kind: %s\n", kind);
	if (function[0] != '\0' && unit[0] != '\0') {
		fprintf(file, "    module: %s", begin);
		done = put_name(unit, file) && done;
		fprintf(file, "$\n");
	}
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
		failed = !print_entry(row, file);
	return !failed;
}
