// SPDX-License-Identifier: PostgreSQL
/*
 * html.c - `pqleak html`: the whole story of a trace in one file.
 */
#include <unistd.h>

#include "analyzer/base/message.h"
#include "analyzer/base/output-file.h"
#include "analyzer/base/text-file.h"
#include "analyzer/findings/findings.h"
#include "analyzer/options/command.h"
#include "analyzer/page/page.h"
#include "analyzer/reading/reading.h"
#include "analyzer/timeline/timeline.h"

/* To standard output it goes when the look at running processes is over. */
static bool print_page(struct reading *reading, const struct report_choice *choice, const struct totals *totals,
					   int64_t max_connections)
{
	FILE *output = reading_output(reading, stdout);
	bool done = page_print(reading, choice, totals, max_connections, output);

	return reading_output_end(reading, output, stdout) && done;
}

static bool write_page(struct reading *reading, const struct report_choice *choice, const struct totals *totals,
					   int64_t max_connections, const char *path)
{
	struct output_file output;

	return output_file_open(&output, path) &&
		   output_file_close(&output, page_print(reading, choice, totals, max_connections, output.file));
}

static bool output_is_good(const char *path, const char *trace)
{
	if (path == NULL)
		return isatty(STDOUT_FILENO) == 0 || refuse("a page is not for a terminal (name a file: -o report.html)");
	if (output_file_same(path, trace))
		return refuse("'--output=%s': this is the trace (name another file)", path);
	if (text_file_was_read(path))
		return refuse("'--output=%s': pqleak reads this file and will not overwrite it (name another file)", path);
	return output_file_possible(path);
}

static int run_html(const struct arguments *arguments)
{
	READING_CLEANUP reading = {0};
	struct report_choice choice = arguments->report;
	struct totals totals;

	choice.timeline = true;
	choice.formats.machine = true;
	if (!output_is_good(arguments->output, arguments_trace(arguments)) ||
		!reading_open(&reading, arguments_trace(arguments)) || !findings_make(&reading, &choice, &totals) ||
		!timeline_make(reading.db, PAGE_BUCKETS))
		return STATUS_UNABLE;
	bool done = arguments->output == NULL
					? print_page(&reading, &choice, &totals, arguments->max_connections)
					: write_page(&reading, &choice, &totals, arguments->max_connections, arguments->output);
	return done ? STATUS_CLEAN : STATUS_UNABLE;
}

const struct command command_html = {
	.id = COMMAND_HTML,
	.synopsis = "[OPTIONS] [TRACE]",
	.summary = "Write a page that tells the whole story of a trace",
	.intro = "The default TRACE is " DEFAULT_TRACE ".\n"
			 "The page is one file.  It needs no network and no other file, and shows the\n"
			 "numbers of 'pqleak report': what leaked and where, the open connections over\n"
			 "time by call site, their stacks, and the lives of some of them.\n",
	.first = GROUP_NONE,
	.outro = "The exit status is 0 if the page was written, even one of leaks, and 2 if not.\n",
	.most = 1,
	.run = run_html,
};
