// SPDX-License-Identifier: PostgreSQL
/*
 * csv.c - a view or a table of the trace, as RFC 4180 has it: a line of names first, and CRLF.
 *
 * Owns how a value is quoted, and which names are of a view.  Called by export.c.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/export/export.h"
#include "trace/base/printable.h"

static const char named_sql[] = "SELECT name FROM ("
								" SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view')"
								" UNION SELECT name FROM temp.sqlite_schema WHERE type = 'view')"
								" WHERE name NOT GLOB 'sqlite_*'";

static void quote(FILE *file, const char *text, bool is_last)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		fputs(text, file);
	} else {
		putc('"', file);
		for (; *text != '\0'; text++) {
			if (*text == '"')
				putc('"', file);
			putc(*text, file);
		}
		putc('"', file);
	}
	fputs(is_last ? "\r\n" : ",", file);
}

/* A file has what is there; a terminal is not to be driven by it. */
static bool print_value(const struct export *export, FILE *file, const char *text, bool is_last)
{
	char *copy = export->for_terminal ? strdup(text) : NULL;

	if (export->for_terminal && copy == NULL)
		return refuse("out of memory");
	if (copy != NULL)
		make_printable(copy);
	quote(file, copy != NULL ? copy : text, is_last);
	free(copy);
	return true;
}

static bool find(sqlite3 *db, const char *name)
{
	QUERY_CLEANUP row = query_with(db,
								   "SELECT EXISTS (SELECT 1 FROM (SELECT ?1 AS asked) JOIN sqlite_schema s"
								   " ON s.name = asked WHERE s.type IN ('table', 'view'))"
								   " OR EXISTS (SELECT 1 FROM temp.sqlite_schema WHERE name = ?1 AND type = 'view')",
								   AS_TEXT(name));

	return query_next(row, NULL) && sqlite3_column_int(row, 0) != 0;
}

/* The nearest name, or what tells them all. */
static bool refuse_name(sqlite3 *db, const char *name)
{
	const char *names[256] = {NULL};
	char copies[256][64], hint[HINT_TEXT];
	QUERY_CLEANUP row = query_prepare(db, named_sql);

	for (int count = 0; count < 255 && query_next(row, NULL); count++) {
		snprintf(copies[count], sizeof copies[count], "%s", query_text(row, 0));
		names[count] = copies[count];
	}
	return refuse("'--view=%s': the trace has no such view or table%s ('pqleak sql TRACE \"SELECT * FROM readme\"'"
				  " tells of them)",
				  name, did_you_mean(hint, "", nearest(name, names)));
}

bool export_csv(const struct export *export, FILE *file)
{
	const char *name = export->choice->view != NULL ? export->choice->view : "connection_life";

	if (!find(export->db, name))
		return refuse_name(export->db, name);
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", name);
	QUERY_CLEANUP row = query_prepare(export->db, sql);
	int columns = sqlite3_column_count(row);
	bool failed = false;

	sqlite3_free(sql);
	for (int column = 0; column < columns; column++)
		quote(file, sqlite3_column_name(row, column), column == columns - 1);
	while (!failed && query_next(row, &failed))
		for (int column = 0; column < columns && !failed; column++)
			failed = !print_value(export, file, query_text(row, column), column == columns - 1);
	return !failed;
}
