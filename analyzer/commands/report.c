// SPDX-License-Identifier: PostgreSQL
/*
 * report.c - `pqleak report`.
 */
#include "analyzer/report/report.h"

#include "analyzer/findings/findings.h"
#include "analyzer/options/command.h"
#include "analyzer/report/open.h"
#include "analyzer/reading/reading.h"

static int run_report(const struct arguments *arguments)
{
	READING_CLEANUP reading = {0};
	struct totals totals = {0};

	if (arguments->report.open && !open_possible(&arguments->report))
		return STATUS_UNABLE;
	if (!report_check_outputs(&arguments->report.formats, arguments_trace(arguments)))
		return STATUS_UNABLE;
	if (!reading_open(&reading, arguments_trace(arguments)) ||
		!(arguments->report.open ? open_make(&reading, &arguments->report)
								 : findings_make(&reading, &arguments->report, &totals)) ||
		!report_print(&reading, &arguments->report, &totals, stdout))
		return STATUS_UNABLE;
	return STATUS_CLEAN;
}

const struct command command_report = {
	.id = COMMAND_REPORT,
	.synopsis = "[OPTIONS] [TRACE]",
	.summary = "Show what was never released, by call site",
	.intro = "The default TRACE is " DEFAULT_TRACE ".\n",
	.first = GROUP_REPORT,
	.outro = "The exit status is 0 if there is a report, even one of leaks, and 2 if not; to\n"
			 "fail on leaks use 'pqleak check'.\n",
	.most = 1,
	.run = run_report,
};
