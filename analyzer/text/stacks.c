// SPDX-License-Identifier: PostgreSQL
/*
 * stacks.c - how stacks look in a text report: one, or several side by
 * side.
 *
 * What no reader asks for is left out, and said to be: the start of every
 * program, drivers but the innermost, the frames of interpreters, test runners
 * and servers.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/array.h"
#include "analyzer/sites/sites.h"
#include "analyzer/text/text.h"
#include "analyzer/words/function-name.h"

#define STACK_LINES 8    /* from the call site outwards */
#define DRIVER_LINES 3   /* before it */
#define SIDE_BY_SIDE 120 /* columns of a terminal that is wide enough */
#define MOST_COLUMNS 3

/* The lines of a stack. */
struct lines {
	struct cell *items;
	int count;
};

static void lines_done(struct lines *lines)
{
	for (int i = 0; i < lines->count; i++) {
		free(lines->items[i].head);
		free(lines->items[i].tail);
	}
	free(lines->items);
}

#define LINES_CLEANUP __attribute__((cleanup(lines_done))) struct lines

/* Takes head and tail, also when there is no room. */
static void add_line(struct lines *lines, struct cell cell)
{
	if (cell.head != NULL && cell.tail != NULL && array_room(lines->items, lines->count)) {
		lines->items[lines->count++] = cell;
		return;
	}
	free(cell.head);
	free(cell.tail);
}

/* `more` says how to see it. */
static __attribute__((format(printf, 3, 4))) void add_remark(struct lines *lines, const char *more, const char *format,
															 ...)
{
	va_list values;

	va_start(values, format);
	char *text = printable_text(format, values);
	va_end(values);
	add_line(lines, (struct cell){STYLE_DIM, text, strdup(more), true});
}

static void add_call(struct lines *lines, const struct call *call, const struct part_stack *part)
{
	enum style style = call->role == CALL_DRIVER ? STYLE_DIM : STYLE_PLAIN;

	if (part->blamed && call->level == part->level && call->depth == part->depth)
		style = STYLE_STRONG;
	add_line(lines, (struct cell){style, strdup(call->head), strdup(call->tail), false});
}

/* A cut must save more than the one line that tells of it. */
static int cut_to(int lines, int room)
{
	return lines > room + 1 ? room : lines;
}

/* How many calls were left out. */
struct folded {
	int interpreter, outside;
};

/* Leaves out what is folded; where nothing else is there the innermost stays. */
static struct folded fold(struct calls *calls)
{
	struct folded folded = {0, 0};
	int kept = 0;

	for (int i = 0; i < calls->count; i++)
		kept += !call_is_folded(&calls->items[i]);
	bool any = kept > 0;
	kept = 0;
	for (int i = 0; i < calls->count; i++) {
		struct call call = calls->items[i];
		if (call_is_folded(&call) && (any || i > 0)) {
			folded.outside += call.is_outside;
			folded.interpreter += !call.is_outside;
			free(call.head);
			free(call.tail);
		} else {
			calls->items[kept++] = call;
		}
	}
	calls->count = kept;
	return folded;
}

static void add_folded(struct lines *lines, const struct calls *calls, const struct folded *folded)
{
	static const char more[] = " (--native shows them)";
	const char *runner = calls->runner == NULL || calls->runner[0] == '\0' ? "a test runner or server" : calls->runner;

	if (folded->outside > 0 && folded->interpreter > 0)
		add_remark(lines, more, "... %d interpreter frame%s, %d of %s", folded->interpreter,
				   plural(folded->interpreter), folded->outside, runner);
	else if (folded->outside > 0)
		add_remark(lines, more, "... %d frame%s of %s", folded->outside, plural(folded->outside), runner);
	else if (folded->interpreter > 0)
		add_remark(lines, more, "... %d interpreter frame%s", folded->interpreter, plural(folded->interpreter));
}

/* What every program begins in. */
static bool is_beginning(const struct call *call)
{
	return call->role == CALL_SYSTEM || is_start_function(call->head);
}

/* How many calls are shown from the call site on: the blamed one always is. */
static int shown_from(const struct calls *calls, int site, int end, const struct part_stack *part)
{
	int shown = cut_to(end - site, STACK_LINES);

	for (int i = site + shown; i < end && part->blamed; i++)
		if (calls->items[i].level == part->level && calls->items[i].depth == part->depth)
			shown = cut_to(end - site, i + 1 - site);
	return shown;
}

/* The drivers before the call site: where that is somebody's own, those without names tell nothing. */
static void add_drivers(struct lines *lines, const struct calls *calls, int site, bool all,
						const struct part_stack *part)
{
	int named = 0, shown = 0;

	for (int i = 0; i < site; i++)
		named += calls->items[i].is_named;
	bool named_only = !all && !part->whole && cut_to(site, named) == named;
	int most = part->whole ? site : cut_to(named_only ? named : site, DRIVER_LINES);
	for (int i = 0; i < site && shown < most; i++)
		if (!named_only || calls->items[i].is_named) {
			add_call(lines, &calls->items[i], part);
			shown++;
		}
	if (shown < site)
		add_remark(lines, "", "... %d %sdriver frame%s", site - shown, shown > 0 ? "more " : "", plural(site - shown));
}

static struct lines make_lines(const struct printer *printer, sqlite3 *db, const struct part_stack *part)
{
	CALLS_CLEANUP calls = calls_read(db, part->stack, part->whole);
	struct lines lines = {NULL, 0};
	bool any = calls.count > 0;
	struct folded folded = printer->native ? (struct folded){0, 0} : fold(&calls);
	int end = calls.count;
	int site = 0;

	if (!any)
		add_remark(&lines, "", "(no stack was recorded)");
	while (!part->whole && end > 1 && is_beginning(&calls.items[end - 1]))
		end--;
	while (site < end && calls.items[site].role == CALL_DRIVER)
		site++;
	int last = site + (part->whole ? end - site : shown_from(&calls, site, end, part));
	add_drivers(&lines, &calls, site, printer->native || site == end, part);
	for (int i = site; i < last; i++)
		add_call(&lines, &calls.items[i], part);
	if (last < end)
		add_remark(&lines, " (--group-by=stack shows all)", "... %d more frame%s", end - last, plural(end - last));
	add_folded(&lines, &calls, &folded);
	return lines;
}

static void print_lines(const struct printer *printer, const struct lines *lines)
{
	for (int i = 0; i < lines->count; i++) {
		const struct cell *line = &lines->items[i];
		if (line->is_remark)
			print_line(printer, PART_INDENT + 2, line->style, "%s%s", line->head, line->tail);
		else
			print_call(printer, PART_INDENT + 2, line->style, "", line->head, line->tail);
	}
}

void part_stack(const struct printer *printer, sqlite3 *db, int64_t stack, bool whole)
{
	LINES_CLEANUP lines = make_lines(printer, db, &(struct part_stack){.stack = stack, .whole = whole});

	print_lines(printer, &lines);
}

static void print_beside(const struct printer *printer, sqlite3 *db, const struct part_stack *parts, int count)
{
	struct lines lines[MOST_COLUMNS];
	int rows = 0;

	for (int c = 0; c < count; c++) {
		lines[c] = make_lines(printer, db, &parts[c]);
		rows = lines[c].count > rows ? lines[c].count : rows;
	}
	for (int row = -1; row < rows; row++) {
		struct cell cells[MOST_COLUMNS];
		for (int c = 0; c < count; c++)
			cells[c] = row < 0                ? (struct cell){STYLE_PLAIN, parts[c].title, NULL, false}
					   : row < lines[c].count ? lines[c].items[row]
											  : (struct cell){STYLE_PLAIN, NULL, NULL, false};
		print_cells(printer, PART_INDENT + (row < 0 ? 0 : 2), cells, count);
	}
	for (int c = 0; c < count; c++)
		lines_done(&lines[c]);
}

void part_stacks(const struct printer *printer, sqlite3 *db, const struct part_stack *parts, int count)
{
	if (printer->width >= SIDE_BY_SIDE && count > 1 && count <= MOST_COLUMNS) {
		print_beside(printer, db, parts, count);
		return;
	}
	for (int i = 0; i < count; i++) {
		LINES_CLEANUP lines = make_lines(printer, db, &parts[i]);
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%s", parts[i].title);
		print_lines(printer, &lines);
	}
}
