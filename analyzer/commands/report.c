// SPDX-License-Identifier: PostgreSQL
/*
 * report.c - `pqleak report`, and the choice of a report's form.
 */
#include "analyzer/report/report.h"

#include "analyzer/options/command.h"
#include "analyzer/findings/findings.h"
#include "analyzer/base/message.h"
#include "analyzer/options/options.h"
#include "analyzer/base/query.h"
#include "analyzer/reading/reading.h"
#include "analyzer/reading/statements.h"
#include "analyzer/known/suppress.h"

void report_choice_done(struct report_choice *choice)
{
	formats_done(&choice->formats);
	accepted_done(&choice->accepted);
	frame_choice_done(&choice->frames);
}

bool report_print(struct reading *reading, const struct report_choice *choice, const struct totals *totals, FILE *file)
{
	FILE *output = file != NULL ? reading_output(reading, file) : NULL, *standard = reading_output(reading, stdout);
	/* Once, for all forms that print it. */
	bool ready = !choice->formats.machine || query_run(reading->db, problems_sql), done = ready;

	if (ready && file != NULL)
		done = choice->accepted.print ? suppress_print(reading->db, output)
									  : format_print(choice->formats.format, reading, choice, totals, file, output);
	done = ready && formats_write(reading, choice, totals, standard) && done;
	done = (file == NULL || reading_output_end(reading, output, file)) && done;
	return reading_output_end(reading, standard, stdout) && done;
}

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
	if (!options_end(self, argc, argv, 1) || !formats_check(&choice, optind < argc ? argv[optind] : DEFAULT_TRACE))
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
