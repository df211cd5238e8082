// SPDX-License-Identifier: PostgreSQL
/*
 * show.c - `pqleak show`: the connections, or what else was not released, and
 * the life of one of them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/columns.h"
#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/show/show.h"
#include "analyzer/options/command.h"
#include "analyzer/options/take.h"
#include "analyzer/reading/functions.h"
#include "analyzer/reading/reading.h"
#include "analyzer/sites/sites.h"

/* A row a connection is printed as it is read: there may be millions. */
static const char list_sql[] =
	"SELECT l.id, l.verdict, l.state, l.pid, l.acquired_ns, l.held_ns, ifnull(t.text, '(unknown)')"
	" FROM connection c CROSS JOIN connection_life l ON l.id = c.id LEFT JOIN target_text t ON t.target = c.target"
	" ORDER BY c.id";

static const char resource_list_sql[] =
	"SELECT id, verdict, '', pid, acquired_ns, held_ns, acquire_function || ifnull(' of ' || connection, '')"
	" FROM resource_life WHERE kind = ? ORDER BY id";

#define LIST_FORMAT "%6s %-13s %7s %-14s %-12s %s"
#define LIST_WIDTH 57 /* without the last column */

/* The end of a target, its database, tells more than its beginning. */
static char *cut_front(char *text, int room)
{
	int length = text_columns(text);

	if (length <= room || room < 4)
		return text;
	for (int gone = 0; gone < length - room + 3 || ((unsigned char)*text & 0xc0) == 0x80; text++)
		gone += ((unsigned char)text[1] & 0xc0) != 0x80;
	return memcpy(text - 3, "...", 3);
}

/* The trace has all that is listed. */
static bool prepare_nothing(struct reading *reading, void *context)
{
	(void)reading;
	(void)context;
	return true;
}

static bool list(struct reading *reading, void *context, FILE *file)
{
	struct shown *shown = context;
	const struct printer *printer = &shown->printer;
	bool connections = shown->kind == KIND_CONNECTION;
	QUERY_CLEANUP row =
		query_with(reading->db, connections ? list_sql : resource_list_sql, AS_TEXT(kind_name((uint8_t)shown->kind)));
	bool failed = false;
	bool any = false;

	shown->printer.file = file;
	while (!failed && query_next(row, &failed)) {
		char opened[TIME_TEXT];
		char held[DURATION_TEXT] = "";
		const char *verdict = query_text(row, 1);
		const char *state = query_text(row, 2);
		enum style style = strcmp(verdict, "leaked") == 0     ? STYLE_BAD
						   : strcmp(verdict, "released") == 0 ? STYLE_PLAIN
															  : STYLE_WARNING;
		if (!any)
			print_line(printer, 0, STYLE_STRONG, LIST_FORMAT, "id", "verdict", "pid",
					   connections ? "opened" : "acquired", "held", connections ? "target" : "by, of connection");
		any = true;
		if (sqlite3_column_type(row, 5) != SQLITE_NULL)
			format_duration(held, sqlite3_column_int64(row, 5));
		/* The year goes: the terminal is narrow, and `show ID` has it. */
		format_time(opened, sqlite3_column_int64(row, 4), TIME_SECONDS);
		char *target = sqlite3_mprintf("%s%s", query_text(row, 6), strcmp(state, "failed") == 0 ? " (failed)" : "");
		print_line(printer, 0, style, LIST_FORMAT, query_text(row, 0), verdict, query_text(row, 3),
				   opened + strlen("2026-"), held,
				   target == NULL       ? ""
				   : printer->width > 0 ? cut_front(target, printer->width - LIST_WIDTH)
										: target);
		sqlite3_free(target);
	}
	if (!any && !failed)
		print_line(printer, 0, STYLE_PLAIN, "There are no %s%s in %s.", connections ? "" : "unreleased ",
				   kind_noun(shown->kind, 0), reading->path);
	return !failed;
}

static bool is_number(const char *text)
{
	return text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

/* [TRACE] [KIND] [ID], each of them or none. */
struct wanted {
	const char *trace;
	enum resource_kind kind;
	const char *id; /* NULL: list them */
	int left;       /* words that are neither; more than the trace is wrong */
};

#define NOT_AN_ID "'%s' is not an ID (see 'pqleak show --help')"

static struct wanted read_arguments(int count, char **arguments)
{
	struct wanted wanted = {.kind = KIND_CONNECTION};

	if (count > 0 && is_number(arguments[count - 1]))
		wanted.id = arguments[--count];
	if (count > 0 && kind_find(arguments[count - 1]) != KIND_NONE)
		wanted.kind = kind_find(arguments[--count]);
	wanted.left = count;
	if (count > 0)
		wanted.trace = arguments[0];
	return wanted;
}

/* Says which of two or three words cannot be what its place wants. */
static int fail_words(int count, char **words)
{
	const char *names[KIND_COUNT] = {NULL};
	char hint[HINT_TEXT];

	if (kind_find(words[count == 3]) != KIND_NONE)
		return fail(STATUS_UNABLE, NOT_AN_ID, words[count - 1]);
	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		names[k - 1] = kind_name((uint8_t)k);
	const char *near = nearest(words[1], names);
	if (near == NULL && count == 2)
		return fail(STATUS_UNABLE, "'%s' is neither a kind nor an ID (see 'pqleak show --help')", words[1]);
	return fail(STATUS_UNABLE, "unknown kind '%s'%s (see 'pqleak show --help')", words[1],
				did_you_mean(hint, "", near));
}

static int run_show(const struct arguments *arguments)
{
	READING_CLEANUP reading = {0};
	int64_t number = 0;

	struct wanted wanted = read_arguments(arguments->count, arguments->words);
	if (wanted.left > 1)
		return fail_words(arguments->count, arguments->words);
	errno = 0;
	if (wanted.id != NULL)
		number = strtoll(wanted.id, NULL, 10);
	if (errno != 0)
		return fail(STATUS_UNABLE, NOT_AN_ID, wanted.id);
	if (!reading_open(&reading, wanted.trace != NULL ? wanted.trace : DEFAULT_TRACE) ||
		!frames_use(&arguments->report.frames, reading.db) ||
		!source_root_use(reading.db, arguments->report.source_root))
		return STATUS_UNABLE;
	struct shown shown = {printer_for(stdout),    &arguments->report.symbols, wanted.kind, number,
						  arguments->report.open, &arguments->listing};
	shown.printer.native = arguments->report.frames.native;
	bool connection = wanted.kind == KIND_CONNECTION;
	bool is_chosen = list_is_chosen(&shown);
	if (is_chosen && wanted.id != NULL)
		return fail(STATUS_UNABLE, "'%s': with an ID one is shown, and no list (leave out the options that choose)",
					wanted.id);
	if (is_chosen && !list_possible(&shown))
		return STATUS_UNABLE;
	bool done = wanted.id == NULL && is_chosen ? reading_show(&reading, prepare_list, print_list, &shown)
				: wanted.id == NULL            ? reading_show(&reading, prepare_nothing, list, &shown)
				: connection                   ? reading_show(&reading, prepare_life, print_life, &shown)
											   : reading_show(&reading, prepare_resource, print_resource, &shown);
	return done ? STATUS_CLEAN : STATUS_UNABLE;
}

const struct command command_show = {
	.id = COMMAND_SHOW,
	.synopsis = "[OPTIONS] [TRACE] [KIND] [ID]",
	.summary = "List the connections, or show the life of one resource",
	.intro = "The default TRACE is " DEFAULT_TRACE "; a number is an ID.\n"
			 "KIND is connection (the default), result, transaction, query, copy, cancel,\n"
			 "memory, statement or large-object.  Except for connections, only what was not\n"
			 "released is listed.\n"
			 "With an ID: where it was acquired, last used and released, with stacks and\n"
			 "times.\n",
	.most = 3,
	.run = run_show,
};
