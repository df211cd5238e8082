// SPDX-License-Identifier: PostgreSQL
/*
 * check.c - `pqleak check`: the gate for CI.
 */
#include "analyzer/base/message.h"
#include "analyzer/findings/findings.h"
#include "analyzer/findings/gate.h"
#include "analyzer/options/command.h"
#include "analyzer/reading/reading.h"
#include "analyzer/report/report.h"

static int run_check(const struct arguments *arguments)
{
	READING_CLEANUP reading = {0};
	struct totals totals;

	if (!report_check_outputs(&arguments->report.formats, arguments_trace(arguments)))
		return STATUS_UNABLE;
	if (!reading_open(&reading, arguments_trace(arguments)) || !findings_make(&reading, &arguments->report, &totals))
		return STATUS_UNABLE;
	int status = gate_status(&totals, STATUS_LEAKS);
	bool silent = arguments->quiet && status == STATUS_CLEAN;
	return report_print(&reading, &arguments->report, &totals, silent ? NULL : stdout) ? status : STATUS_UNABLE;
}

const struct command command_check = {
	.id = COMMAND_CHECK,
	.synopsis = "[OPTIONS] [TRACE]",
	.summary = "Exit with 0 if nothing leaked, 1 if something did, 2 if unknown",
	.intro = "The default TRACE is " DEFAULT_TRACE ".\n",
	.first = GROUP_FAILURES,
	.outro = "What a killed or running process held is shown and does not fail the check.\n"
			 "Exit status 2 means that pqleak cannot tell: there is no trace, it is damaged or\n"
			 "incomplete, no call of libpq was intercepted, or PostgreSQL was spoken out of\n"
			 "sight.  Leaks found in an incomplete trace still give 1.\n",
	.most = 1,
	.run = run_check,
};
