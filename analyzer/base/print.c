// SPDX-License-Identifier: PostgreSQL
/*
 * print.c - lines of text for a person; see print.h.
 */
#include "analyzer/base/print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/base/message.h"
#include "trace/base/printable.h"

#define DEFAULT_WIDTH 80
#define MOST_WIDTH 1000
#define ELLIPSIS "..."

static const char *const style_codes[STYLE_COUNT] = {
	[STYLE_PLAIN] = NULL,      [STYLE_BAD] = "\033[1;31m", [STYLE_WARNING] = "\033[33m",
	[STYLE_GOOD] = "\033[32m", [STYLE_DIM] = "\033[2m",    [STYLE_STRONG] = "\033[1m",
};

struct printer printer_for(FILE *file)
{
	struct printer printer = {.file = file, .width = DEFAULT_WIDTH};
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (!isatty(fileno(file))) {
		/* Who sets it for a pipe or a file knows how wide that may be. */
		int width = columns != NULL ? atoi(columns) : 0;
		if (width > DEFAULT_WIDTH && width < MOST_WIDTH)
			printer.width = width;
		return printer;
	}
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

static const char *code_of(const struct printer *printer, enum style style)
{
	return printer->colour ? style_codes[style] : NULL;
}

static void put(const struct printer *printer, int indent, enum style style, const char *text)
{
	const char *code = code_of(printer, style);

	if (*text == '\0')
		indent = 0;
	fprintf(printer->file, "%*s%s%s%s\n", indent, "", code != NULL ? code : "", text, code != NULL ? "\033[0m" : "");
}

/* Cuts a text to this many columns. */
static void cut(char *text, int room)
{
	if (text_columns(text) <= room)
		return;
	size_t length = (size_t)(at_column(text, room - (int)strlen(ELLIPSIS)) - text);
	memcpy(text + length, ELLIPSIS, sizeof ELLIPSIS); /* what is cut off is longer, in bytes too */
}

void print_line(const struct printer *printer, int indent, enum style style, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	char *text = printable_text(format, values);
	va_end(values);
	if (text == NULL)
		return;
	if (printer->width > 0)
		cut(text, printer->width - indent);
	put(printer, indent, style, text);
	free(text);
}

/* Two texts joined, the middle of `head` left out when they take more than `width` columns; freed by the caller. */
static char *join(const char *head, const char *tail, int width)
{
	int room = width - text_columns(tail);
	int length = text_columns(head);
	char *text = NULL;
	int made;

	if (length <= room || room < DEFAULT_WIDTH / 4) {
		made = asprintf(&text, "%s%s", head, tail);
	} else {
		/* A function's name says most at its two ends. */
		int first = (room - (int)strlen(ELLIPSIS)) / 2;
		int last = room - (int)strlen(ELLIPSIS) - first;
		made = asprintf(&text, "%.*s" ELLIPSIS "%s%s", (int)(at_column(head, first) - head), head,
						at_column(head, length - last), tail);
	}
	return made >= 0 ? text : NULL;
}

void print_kept_tail(const struct printer *printer, int indent, enum style style, const char *head, const char *tail)
{
	char *text = printer->width > 0 ? join(head, tail, printer->width - indent) : NULL;

	if (text != NULL)
		print_line(printer, indent, style, "%s", text);
	else
		print_line(printer, indent, style, "%s%s", head, tail);
	free(text);
}

void print_cells(const struct printer *printer, int indent, const struct cell *cells, int count)
{
	int width = printer->width / count - indent;
	int blanks = 0; /* nothing stands at the end of a line */

	for (int i = 0; i < count; i++) {
		const struct cell *cell = &cells[i];
		const char *tail = cell->tail != NULL ? cell->tail : "";
		char *text = NULL;
		if (cell->head != NULL && cell->is_remark && text_columns(cell->head) + text_columns(tail) > width - 1)
			tail = "";
		if (cell->head != NULL)
			text = join(cell->head, tail, width - 1);
		blanks += indent;
		if (text != NULL && *text != '\0') {
			const char *code = code_of(printer, cell->style);
			make_printable(text);
			cut(text, width - 1);
			fprintf(printer->file, "%*s%s%s%s", blanks, "", code != NULL ? code : "", text,
					code != NULL ? "\033[0m" : "");
			blanks = -text_columns(text);
		}
		blanks += width;
		free(text);
	}
	fputc('\n', printer->file);
}

const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

const char *format_time(char *text, int64_t ns, enum time_detail detail)
{
	time_t seconds = (time_t)(ns / NS_PER_S);
	struct tm parts;
	char date[TIME_TEXT];

	if (localtime_r(&seconds, &parts) == NULL || strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &parts) == 0) {
		snprintf(text, TIME_TEXT, "(no time)");
		return text;
	}
	if (detail == TIME_MILLISECONDS)
		snprintf(text, TIME_TEXT, "%.32s.%03d", date, (int)(ns % NS_PER_S / NS_PER_MS));
	else
		snprintf(text, TIME_TEXT, "%.32s", date);
	return text;
}

const char *format_duration(char *text, int64_t ns)
{
	/* Clocks can be set back; a duration cannot. */
	ns = ns > 0 ? ns : 0;
	int64_t s = ns / NS_PER_S;

	if (ns < NS_PER_MS)
		snprintf(text, DURATION_TEXT, "%" PRId64 " us", ns / NS_PER_US);
	else if (ns < NS_PER_S)
		snprintf(text, DURATION_TEXT, "%.1f ms", (double)ns / (double)NS_PER_MS);
	else if (s < 60)
		snprintf(text, DURATION_TEXT, "%.1f s", (double)ns / (double)NS_PER_S);
	else if (s < 3600)
		snprintf(text, DURATION_TEXT, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, DURATION_TEXT, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
	else
		snprintf(text, DURATION_TEXT, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
	return text;
}
