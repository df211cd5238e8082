// SPDX-License-Identifier: PostgreSQL
/*
 * print.h - lines of text for a person: width and colour; times and durations.
 *
 * Owns the decision whether to colour (a terminal, and NO_COLOR unset) and how wide a line may be: as wide as the
 * terminal; what goes into a file or a pipe is neither cut nor wrapped.  On a terminal a line that is too long is
 * wrapped, and a call first loses what columns.h says.  Everything printed comes from a traced program, so control
 * characters are replaced.
 */
#ifndef PQLEAK_ANALYZER_BASE_PRINT_H
#define PQLEAK_ANALYZER_BASE_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum style {
	STYLE_PLAIN,
	STYLE_BAD,
	STYLE_WARNING,
	STYLE_GOOD,
	STYLE_DIM,
	STYLE_STRONG,
	STYLE_COUNT,
};

struct printer {
	FILE *file;
	int width; /* columns; 0: a line is as long as it is */
	bool colour;
	bool native; /* stacks are printed with the interpreters' own frames */
};

/* How to print to `file`: on a terminal with COLUMNS of the environment or its own width, else with none. */
struct printer printer_for(FILE *file);

/* Prints `indent` spaces and a line, wrapped at the width. */
void print_line(const struct printer *printer, int indent, enum style style, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same behind a label, which takes so many columns; what is wrapped stands under the text. */
void print_field(const struct printer *printer, int indent, enum style style, int width, const char *label,
				 const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Prints a call, its name and its place (" (file:line)"), behind a text: all that stands before the name's last part
 * may be cut out of it, and the rest be wrapped.  The second cuts the place rather than wrapping. */
void print_call(const struct printer *printer, int indent, enum style style, const char *before, const char *name,
				const char *place);
void print_call_in_line(const struct printer *printer, int indent, enum style style, const char *before,
						const char *name, const char *place);

/* A part of a line: a call's name and place; NULL: nothing. */
struct cell {
	enum style style;
	char *head, *tail;
	bool is_remark; /* the tail goes when there is no room for it */
};

/* Prints a line of cells, in columns of one width, with `indent` before each; each is cut to its column. */
void print_cells(const struct printer *printer, int indent, const struct cell *cells, int count);

/* "s" unless there is exactly one. */
const char *plural(int64_t count);

#define TIME_TEXT 40
#define DURATION_TEXT 24

enum time_detail { TIME_SECONDS, TIME_MILLISECONDS };

/* ns since 1970 as local date and time, into `text` of TIME_TEXT bytes, which is returned. */
const char *format_time(char *text, int64_t ns, enum time_detail detail);

/* ns as "850 us", "2.1 ms", "3.2 s", "4 min 5 s", ..., into `text` of DURATION_TEXT bytes, which is returned. */
const char *format_duration(char *text, int64_t ns);

#endif
