// SPDX-License-Identifier: PostgreSQL
/*
 * show.c - `pqleak show`: the list of connections, and one connection's life.
 */
#include <string.h>
#include <unistd.h>

#include "analyzer/command.h"
#include "analyzer/message.h"
#include "analyzer/options.h"
#include "analyzer/print.h"
#include "analyzer/query.h"
#include "analyzer/reading.h"
#include "analyzer/show-life.h"

/* A row a connection is printed as it is read: there may be millions. */
static const char list_sql[] =
	"SELECT l.id, l.verdict, l.state, l.pid, l.acquired_ns, l.held_ns, ifnull(t.text, '(unknown)')"
	" FROM connection c CROSS JOIN connection_life l ON l.id = c.id LEFT JOIN target_text t ON t.target = c.target"
	" ORDER BY c.id";

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

static bool list(struct reading *reading, void *context)
{
	const struct printer *terminal = context;
	struct printer output = *terminal;
	const struct printer *printer = &output;
	QUERY_CLEANUP row = query_prepare(reading->db, list_sql);
	bool failed = row == NULL;
	bool any = false;

	/* With running processes this is called twice, and prints when they are included. */
	if (failed || (reading->running > 0 && !reading->peeking))
		return !failed;
	output.file = reading_output(reading, terminal->file);
	while (query_next(row, &failed)) {
		char opened[TIME_TEXT];
		char held[DURATION_TEXT] = "";
		const char *verdict = query_text(row, 1);
		const char *state = query_text(row, 2);
		enum style style = strcmp(verdict, "leaked") == 0     ? STYLE_BAD
						   : strcmp(verdict, "released") == 0 ? STYLE_PLAIN
															  : STYLE_WARNING;
		if (!any)
			print_line(printer, 0, STYLE_STRONG, LIST_FORMAT, "id", "verdict", "pid", "opened", "held", "target");
		any = true;
		if (sqlite3_column_type(row, 5) != SQLITE_NULL)
			format_duration(held, sqlite3_column_int64(row, 5));
		/* The year goes: the terminal is narrow, and `show ID` has it. */
		format_time(opened, sqlite3_column_int64(row, 4), TIME_SECONDS);
		char *target = sqlite3_mprintf("%s%s", query_text(row, 6), strcmp(state, "failed") == 0 ? " (failed)" : "");
		print_line(printer, 0, style, LIST_FORMAT, query_text(row, 0), verdict, query_text(row, 3),
				   opened + strlen("2026-"), held,
				   target != NULL ? cut_front(target, printer->width - LIST_WIDTH) : "");
		sqlite3_free(target);
	}
	if (!any && !failed)
		print_line(printer, 0, STYLE_PLAIN, "There are no connections in %s.", reading->path);
	query_free(&row); /* before the transaction ends */
	return reading_output_end(reading, output.file, terminal->file) && !failed;
}

static bool is_number(const char *text)
{
	return text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

static int run_show(const struct command *self, int argc, char **argv)
{
	static const struct option options[] = {HELP_OPTION, {NULL, 0, NULL, 0}};
	READING_CLEANUP reading = {0};
	struct printer printer = printer_for(stdout);
	const char *trace = NULL;
	const char *id = NULL;
	long long number = 0;

	int option = options_next(self, argc, argv, ":h", options);
	if (option == OPTION_HELP)
		return STATUS_CLEAN;
	if (option == OPTION_WRONG || !options_end(self, argc, argv, 2))
		return self->usage_status;
	if (argc - optind == 2) {
		trace = argv[optind];
		id = argv[optind + 1];
	} else if (argc - optind == 1 && is_number(argv[optind])) {
		id = argv[optind];
	} else if (argc - optind == 1) {
		trace = argv[optind];
	}
	if (id != NULL && !is_number(id)) {
		fail(0, "'%s' is no connection's id: 'pqleak show%s%s' lists them", id, trace != NULL ? " " : "",
			 trace != NULL ? trace : "");
		return self->usage_status;
	}
	if (id != NULL && !options_number("ID", id, INT64_MAX, &number))
		return self->usage_status;
	if (!reading_open(&reading, trace))
		return STATUS_UNABLE;
	if (id != NULL)
		return show_life(&reading, &printer, number) ? STATUS_CLEAN : STATUS_UNABLE;
	return reading_look(&reading, list, &printer) ? STATUS_CLEAN : STATUS_UNABLE;
}

const struct command command_show = {
	.name = "show",
	.synopsis = "[TRACE] [ID]",
	.summary = "List the connections, or show one connection's life",
	.help = "TRACE is " DEFAULT_TRACE " when not given; a number is an ID.\n"
			"With an ID: where the connection was opened, where used last and where released,\n"
			"with stacks and times.\n",
	.usage_status = STATUS_UNABLE,
	.run = run_show,
};
