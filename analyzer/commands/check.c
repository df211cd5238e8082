// SPDX-License-Identifier: PostgreSQL
/*
 * check.c - `pqleak check`: the gate for CI.
 */
#include "analyzer/options/command.h"
#include "analyzer/findings/findings.h"
#include "analyzer/findings/gate.h"
#include "analyzer/base/message.h"
#include "analyzer/options/options.h"
#include "analyzer/reading/reading.h"
#include "analyzer/report/report.h"

static const char letters[] = ":hq";
static const struct option options[] = {
	GATE_OPTIONS, {"quiet", no_argument, NULL, 'q'}, REPORT_OPTIONS, SYMBOL_OPTIONS, HELP_OPTION, {NULL, 0, NULL, 0}};

static int run_check(const struct command *self, int argc, char **argv)
{
	REPORT_CHOICE_CLEANUP choice = {0};
	READING_CLEANUP reading = {0};
	struct totals totals;
	bool quiet = false;

	for (int option; (option = options_next(self, argc, argv, letters, options)) != -1;) {
		if (option == OPTION_HELP)
			return STATUS_CLEAN;
		if (option == 'q')
			quiet = true;
		else if (!options_report(option, optarg, &choice))
			return self->usage_status;
	}
	if (!options_end(self, argc, argv, 1) || !report_check_outputs(&choice.formats, optind < argc ? argv[optind] : DEFAULT_TRACE))
		return self->usage_status;
	if (!reading_open(&reading, optind < argc ? argv[optind] : NULL) || !findings_make(&reading, &choice, &totals))
		return STATUS_UNABLE;
	int status = gate_status(&choice, &totals, STATUS_LEAKS);
	bool silent = quiet && status == STATUS_CLEAN;
	return report_print(&reading, &choice, &totals, silent ? NULL : stdout) ? status : STATUS_UNABLE;
}

const struct command command_check = {
	.name = "check",
	.synopsis = "[OPTIONS] [TRACE]",
	.summary = "Exit with 0: nothing leaked, 1: something did, 2: cannot tell",
	.help = "TRACE is " DEFAULT_TRACE " when not given.\n\n"
			"What fails:\n"
			"  --max=N                  tolerate up to N of what fails, misuse aside (0)\n" GATE_OPTIONS_HELP
			"\nWhat is known:\n" ACCEPTED_OPTIONS_HELP "\nThe report:\n"
			"  -q, --quiet              print nothing when the exit status is 0\n" REPORT_OPTIONS_HELP
			"\nNames:\n" SYMBOL_OPTIONS_HELP "\nThe options:\n" CONFIGURATION_OPTIONS_HELP
			"\nWhat a killed or a running process held is shown and does not fail the check.\n"
			"2 means: there is no trace, it is damaged or incomplete, or no call of libpq was\n"
			"intercepted.  Leaks found in an incomplete trace are leaks: 1.\n",
	.letters = letters,
	.options = options,
	.usage_status = STATUS_UNABLE,
	.run = run_check,
};
