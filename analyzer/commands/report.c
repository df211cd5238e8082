// SPDX-License-Identifier: PostgreSQL
/*
 * report.c - `pqleak report`.
 */
#include "analyzer/report/report.h"

#include "analyzer/options/command.h"
#include "analyzer/findings/findings.h"
#include "analyzer/options/options.h"
#include "analyzer/reading/reading.h"

static const char letters[] = ":h";
static const struct option options[] = {REPORT_OPTIONS, SYMBOL_OPTIONS, HELP_OPTION, {NULL, 0, NULL, 0}};

static int run_report(const struct command *self, int argc, char **argv)
{
	REPORT_CHOICE_CLEANUP choice = {0};
	READING_CLEANUP reading = {0};
	struct totals totals;

	for (int option; (option = options_next(self, argc, argv, letters, options)) != -1;) {
		if (option == OPTION_HELP)
			return STATUS_CLEAN;
		if (!options_report(option, optarg, &choice))
			return self->usage_status;
	}
	if (!options_end(self, argc, argv, 1) || !report_check_outputs(&choice.formats, optind < argc ? argv[optind] : DEFAULT_TRACE))
		return self->usage_status;
	if (!reading_open(&reading, optind < argc ? argv[optind] : NULL) || !findings_make(&reading, &choice, &totals) ||
		!report_print(&reading, &choice, &totals, stdout))
		return STATUS_UNABLE;
	return STATUS_CLEAN;
}

const struct command command_report = {
	.name = "report",
	.synopsis = "[OPTIONS] [TRACE]",
	.summary = "Show what was never released, by call site",
	.help = "TRACE is " DEFAULT_TRACE " when not given.\n\nThe report:\n" REPORT_OPTIONS_HELP
			"\nWhat is known:\n" ACCEPTED_OPTIONS_HELP "\nNames:\n" SYMBOL_OPTIONS_HELP
			"\nThe options:\n" CONFIGURATION_OPTIONS_HELP
			"\nThe exit status is 0 when there is a report, also of leaks, and 2 when there is\n"
			"none; 'pqleak check' is the command that judges.\n",
	.letters = letters,
	.options = options,
	.usage_status = STATUS_UNABLE,
	.run = run_report,
};
