// SPDX-License-Identifier: PostgreSQL
/*
 * print.c - lines of text for a person; see print.h.
 */
#include "analyzer/print.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "analyzer/message.h"

#define DEFAULT_WIDTH 80
#define ELLIPSIS "..."

static const char *const style_codes[STYLE_COUNT] = {
	[STYLE_PLAIN] = NULL,      [STYLE_BAD] = "\033[1;31m", [STYLE_WARNING] = "\033[33m",
	[STYLE_GOOD] = "\033[32m", [STYLE_DIM] = "\033[2m",    [STYLE_STRONG] = "\033[1m",
};

struct printer printer_for(FILE *file)
{
	struct printer printer = {.file = file, .width = DEFAULT_WIDTH};
	struct winsize size;
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (!isatty(fileno(file)))
		return printer;
	printer.colour = (no_color == NULL || no_color[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
	if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > DEFAULT_WIDTH)
		printer.width = size.ws_col;
	return printer;
}

int text_columns(const char *text)
{
	int columns = 0;

	for (; *text != '\0'; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

/* Where the character number `columns` begins. */
static const char *at_column(const char *text, int columns)
{
	for (; *text != '\0'; text++)
		if (((unsigned char)*text & 0xc0) != 0x80 && columns-- == 0)
			break;
	return text;
}

static void put(const struct printer *printer, int indent, enum style style, const char *text)
{
	const char *code = printer->colour ? style_codes[style] : NULL;

	if (*text == '\0')
		indent = 0;
	fprintf(printer->file, "%*s%s%s%s\n", indent, "", code != NULL ? code : "", text, code != NULL ? "\033[0m" : "");
}

void print_line(const struct printer *printer, int indent, enum style style, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	if (text == NULL)
		return;
	make_printable(text);
	int room = printer->width - indent;
	if (printer->width > 0 && text_columns(text) > room) {
		size_t cut = (size_t)(at_column(text, room - (int)strlen(ELLIPSIS)) - text);
		memcpy(text + cut, ELLIPSIS, sizeof ELLIPSIS); /* what is cut off is longer, in bytes too */
	}
	put(printer, indent, style, text);
	free(text);
}

void print_kept_tail(const struct printer *printer, int indent, enum style style, const char *head, const char *tail)
{
	int room = printer->width - indent - text_columns(tail);
	int length = text_columns(head);

	if (printer->width == 0 || length <= room || room < DEFAULT_WIDTH / 4) {
		print_line(printer, indent, style, "%s%s", head, tail);
		return;
	}
	/* A function's name says most at its two ends. */
	int first = (room - (int)strlen(ELLIPSIS)) / 2;
	int last = room - (int)strlen(ELLIPSIS) - first;
	print_line(printer, indent, style, "%.*s" ELLIPSIS "%s%s", (int)(at_column(head, first) - head), head,
			   at_column(head, length - last), tail);
}
