// SPDX-License-Identifier: PostgreSQL
/*
 * print.h - lines of text for a person: width and colour; times and durations.
 *
 * Owns the decision whether to colour (a terminal, and NO_COLOR unset) and how
 * a line that is too long is cut.  Everything printed comes from a traced
 * program, so control characters are replaced.
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
	int width; /* columns; 0: lines are never cut */
	bool colour;
	bool native; /* stacks are printed with the interpreters' own frames */
};

/* How to print to `file`: the terminal's width, at least 80; where it is none, COLUMNS of the environment, else 80. */
struct printer printer_for(FILE *file);

/* Prints `indent` spaces and a line, cut at the width. */
void print_line(const struct printer *printer, int indent, enum style style, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same of two texts joined; when they are too long the middle of `head` goes, `tail` stays. */
void print_kept_tail(const struct printer *printer, int indent, enum style style, const char *head, const char *tail);

/* A part of a line: two texts joined, as above; NULL: nothing. */
struct cell {
	enum style style;
	char *head, *tail;
	bool is_remark; /* the tail goes when there is no room for it */
};

/* Prints a line of cells, in columns of one width, with `indent` before each; each is cut as print_kept_tail cuts. */
void print_cells(const struct printer *printer, int indent, const struct cell *cells, int count);

/* Columns that a text takes: its characters, not its bytes. */
int text_columns(const char *text);

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
