// SPDX-License-Identifier: PostgreSQL
/*
 * print.c - lines of text for a person; see print.h.
 */
#include "analyzer/base/print.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/base/columns.h"
#include "analyzer/base/message.h"
#include "trace/base/printable.h"

#define DEFAULT_WIDTH 80
#define LEAST_WIDTH 20
#define MOST_WIDTH 1000
#define LEAST_ROOM 8 /* for text, behind what it is indented by */
#define HANG 2       /* the lines that a text goes on in stand so much further right */

static const char *const style_codes[STYLE_COUNT] = {
	[STYLE_PLAIN] = NULL,      [STYLE_BAD] = "\033[1;31m", [STYLE_WARNING] = "\033[33m",
	[STYLE_GOOD] = "\033[32m", [STYLE_DIM] = "\033[2m",    [STYLE_STRONG] = "\033[1m",
};

/* 0: it is none that anybody could read. */
static int usable_width(int width)
{
	return width >= LEAST_WIDTH && width <= MOST_WIDTH ? width : 0;
}

struct printer printer_for(FILE *file)
{
	struct printer printer = {.file = file};
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (!isatty(fileno(file)))
		return printer;
	printer.colour = (no_color == NULL || no_color[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
	printer.width = columns != NULL ? usable_width(atoi(columns)) : 0;
	if (printer.width == 0 && ioctl(fileno(file), TIOCGWINSZ, &size) == 0)
		printer.width = usable_width(size.ws_col);
	if (printer.width == 0)
		printer.width = DEFAULT_WIDTH;
	return printer;
}

static const char *code_of(const struct printer *printer, enum style style)
{
	return printer->colour ? style_codes[style] : NULL;
}

/* One line, `length` bytes of a text. */
static void put(const struct printer *printer, int indent, enum style style, const char *text, size_t length)
{
	const char *code = code_of(printer, style);

	if (length == 0)
		indent = 0;
	fprintf(printer->file, "%*s%s%.*s%s\n", indent, "", code != NULL ? code : "", (int)length, text,
			code != NULL ? "\033[0m" : "");
}

/* How much of a text goes onto a line: words as far as they fit, at least what begins with so many bytes. */
static size_t line_length(const char *text, int room, size_t kept)
{
	const char *end = text_at_column(text, room), *last = end;

	if (*end == '\0')
		return strlen(text);
	while (last > text + kept && *last != ' ')
		last--;
	while (last > text + kept && last[-1] == ' ')
		last--;
	if (last <= text + kept)
		last = text + kept + strcspn(text + kept, " ");
	return (size_t)(last - text);
}

/* Prints a text in as many lines as it takes, all but the first behind `hang` blanks; `label`: bytes of its beginning,
 * after which it is not broken. */
static void wrap(const struct printer *printer, int indent, int hang, enum style style, const char *text, size_t label)
{
	do {
		int room = printer->width - indent;
		size_t length =
			printer->width > 0 ? line_length(text, room > LEAST_ROOM ? room : LEAST_ROOM, label) : strlen(text);
		put(printer, indent, style, text, length);
		text += length;
		text += strspn(text, " ");
		indent = hang;
		label = strcspn(text, " ");
	} while (*text != '\0');
}

void print_line(const struct printer *printer, int indent, enum style style, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	char *text = printable_text(format, values);
	va_end(values);
	if (text != NULL)
		wrap(printer, indent, indent + HANG, style, text, strcspn(text, " "));
	free(text);
}

void print_field(const struct printer *printer, int indent, enum style style, int width, const char *label,
				 const char *format, ...)
{
	va_list values;
	char *line = NULL;

	va_start(values, format);
	char *text = printable_text(format, values);
	va_end(values);
	if (text != NULL && asprintf(&line, "%-*s %s", width, label, text) >= 0) {
		bool is_narrow = printer->width > 0 && printer->width < 2 * (indent + width);
		wrap(printer, indent, indent + (is_narrow ? HANG : width + 1), style, line, strlen(line) - strlen(text));
		free(line);
	}
	free(text);
}

/* Takes `text`. */
static void put_text(const struct printer *printer, int indent, enum style style, char *text)
{
	if (text != NULL)
		put(printer, indent, style, text, strlen(text));
	free(text);
}

/* `before`, and the call in what is left of so many columns; NULL: out of memory. */
static char *with_call(const char *before, const char *name, const char *place, int room, enum fit fit)
{
	char *call = fit_call(name, place, room - text_columns(before), fit), *text = NULL;

	if (call == NULL || asprintf(&text, "%s%s", before, call) < 0)
		text = NULL;
	free(call);
	return text;
}

/* In one line, with as much left out as `fit` says; or else in as many as it takes, and the name's last part whole. */
static void put_call(const struct printer *printer, int indent, enum style style, const char *before, const char *name,
					 const char *place, enum fit fit)
{
	int room = printer->width - indent;
	char *line = with_call(before, name, place, room, fit), *text = NULL;

	if (line != NULL && text_columns(line) > room) {
		free(line);
		line = with_call(before, name, "", room, FIT_NAME);
		if (line != NULL && text_columns(line) > room) {
			free(line);
			line = with_call(before, name, "", text_columns(before) + room - HANG, FIT_ALL);
		}
		if (line != NULL && asprintf(&text, "%s%s", line, place) >= 0)
			wrap(printer, indent, indent + HANG, style, text, strcspn(text, " "));
		free(line);
		free(text);
		return;
	}
	put_text(printer, indent, style, line);
}

static void print_texts(const struct printer *printer, int indent, enum style style, const char *const texts[3],
						bool in_line)
{
	char *copies[3] = {strdup(texts[0]), strdup(texts[1]), strdup(texts[2])};
	bool done = copies[0] != NULL && copies[1] != NULL && copies[2] != NULL;

	for (int i = 0; done && i < 3; i++)
		make_printable(copies[i]);
	if (done && printer->width == 0)
		put_text(printer, indent, style, with_call(copies[0], copies[1], copies[2], INT_MAX, FIT_NAME));
	else if (done)
		put_call(printer, indent, style, copies[0], copies[1], copies[2], in_line ? FIT_PLACE : FIT_NAME);
	for (int i = 0; i < 3; i++)
		free(copies[i]);
}

void print_call(const struct printer *printer, int indent, enum style style, const char *before, const char *name,
				const char *place)
{
	print_texts(printer, indent, style, (const char *const[]){before, name, place}, false);
}

void print_call_in_line(const struct printer *printer, int indent, enum style style, const char *before,
						const char *name, const char *place)
{
	print_texts(printer, indent, style, (const char *const[]){before, name, place}, true);
}

/* The text of a cell in so many columns; NULL: it has none. */
static char *cell_text(const struct cell *cell, int room)
{
	const char *tail = cell->tail != NULL ? cell->tail : "";

	if (cell->head == NULL)
		return NULL;
	if (cell->is_remark && text_columns(cell->head) + text_columns(tail) > room)
		tail = "";
	char *text = fit_call(cell->head, tail, room, FIT_ALL);
	if (text == NULL)
		return NULL;
	make_printable(text);
	/* What is narrower than any call can be is cut as it comes. */
	text[text_at_column(text, room) - text] = '\0';
	return text;
}

void print_cells(const struct printer *printer, int indent, const struct cell *cells, int count)
{
	int width = printer->width / count - indent;
	int blanks = 0; /* nothing stands at the end of a line */

	for (int i = 0; i < count; i++) {
		char *text = cell_text(&cells[i], width - 1);
		blanks += indent;
		if (text != NULL && *text != '\0') {
			const char *code = code_of(printer, cells[i].style);
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
