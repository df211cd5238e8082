// SPDX-License-Identifier: PostgreSQL
/*
 * report-github.c - annotations, as the workflow commands of GitHub Actions; see formats.h.
 *
 * GitHub shows ten of each level in a step: the first ten are printed, and how
 * many more there are.
 */
#include <inttypes.h>
#include <string.h>

#include "analyzer/base/query.h"
#include "analyzer/report/formats.h"

#define SHOWN 10 /* of a level */

/* As GitHub's own toolkit escapes; `special`: what else must not stand there. */
static void put(FILE *file, const char *text, const char *special)
{
	for (; *text != '\0'; text++)
		if (strchr("%\r\n", *text) != NULL || strchr(special, *text) != NULL)
			fprintf(file, "%%%02X", (unsigned char)*text);
		else
			fputc(*text, file);
}

static void annotate(FILE *file, sqlite3_stmt *row)
{
	const char *path = query_text(row, 3);

	fprintf(file, "::%s ", query_text(row, 0));
	/* A file out of the repository has no place there. */
	if (path[0] != '\0' && path[0] != '/') {
		fprintf(file, "file=");
		put(file, path, ":,");
		if (sqlite3_column_int(row, 4) > 0)
			fprintf(file, ",line=%d", sqlite3_column_int(row, 4));
		fputc(',', file);
	}
	fprintf(file, "title=");
	put(file, query_text(row, 1), ":,");
	fprintf(file, "::");
	put(file, query_text(row, 2), "");
	fputc('\n', file);
}

static const char annotations_sql[] =
	"SELECT iif(accepted, 'notice', 'error'), 'pqleak: cannot tell', printable(message), '', 0 FROM problem_reason"
	" UNION ALL SELECT * FROM (SELECT iif(what = 'note', 'notice', level), printable('pqleak: ' || title), "
	"printable(message),"
	" printable(file), line FROM problem WHERE excused = '' AND (level <> 'note' OR what = 'note')"
	" ORDER BY what = 'note', level, number)";

bool report_github(const struct report *report, FILE *file)
{
	QUERY_CLEANUP row = query_prepare(report->reading->db, annotations_sql);
	bool failed = false;
	int64_t errors = SHOWN, warnings = SHOWN,
			notices = SHOWN - 1; /* that may still be printed; one says how many more */
	int64_t more = 0;

	while (query_next(row, &failed)) {
		const char *level = query_text(row, 0);
		int64_t *room = strcmp(level, "error") == 0 ? &errors : strcmp(level, "warning") == 0 ? &warnings : &notices;
		if (*room > 0)
			annotate(file, row);
		else
			more++;
		*room -= *room > 0;
	}
	if (more > 0)
		fprintf(file, "::notice title=pqleak::%" PRId64 " more; pqleak report shows every one\n", more);
	return !failed;
}
