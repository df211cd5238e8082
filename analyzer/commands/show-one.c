// SPDX-License-Identifier: PostgreSQL
/*
 * show-one.c - see show-one.h.
 */
#include "analyzer/commands/show-one.h"

#include <sqlite3.h>
#include <stdarg.h>

#define FIELD_INDENT 2

void show_field(const struct printer *printer, const char *label, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	char *text = sqlite3_vmprintf(format, values);
	va_end(values);
	if (text != NULL)
		print_line(printer, FIELD_INDENT, STYLE_PLAIN, "%-9s %s", label, text);
	sqlite3_free(text);
}
