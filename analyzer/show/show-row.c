// SPDX-License-Identifier: PostgreSQL
/*
 * show-row.c - the row that `pqleak show ID` reads, and the lines that it prints; see show.h.
 */
#include <stdarg.h>
#include <string.h>

#include "analyzer/base/query.h"
#include "analyzer/show/show.h"
#include "analyzer/text/text.h"

void show_field(const struct printer *printer, const char *label, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	char *text = sqlite3_vmprintf(format, values);
	va_end(values);
	if (text != NULL)
		print_field(printer, 2, STYLE_PLAIN, PART_LABEL, label, "%s", text);
	sqlite3_free(text);
}

static int column_of(sqlite3_stmt *row, const char *name)
{
	int column = 0;

	while (column < sqlite3_column_count(row) && strcmp(sqlite3_column_name(row, column), name) != 0)
		column++;
	return column;
}

const char *show_text(sqlite3_stmt *row, const char *name)
{
	return query_text(row, column_of(row, name));
}

int64_t show_number(sqlite3_stmt *row, const char *name)
{
	return sqlite3_column_int64(row, column_of(row, name));
}

bool show_has(sqlite3_stmt *row, const char *name)
{
	return sqlite3_column_type(row, column_of(row, name)) != SQLITE_NULL;
}
