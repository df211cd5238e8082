// SPDX-License-Identifier: PostgreSQL
/*
 * run.c - `pqleak run`: trace a command with everything it starts, and report.
 *
 * The command comes first: its exit status is ours, unless --check finds a leak
 * in a command that succeeded.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/options/command.h"
#include "analyzer/findings/findings.h"
#include "analyzer/findings/gate.h"
#include "analyzer/launch/launch.h"
#include "analyzer/base/message.h"
#include "analyzer/base/option-value.h"
#include "analyzer/options/options.h"
#include "analyzer/reading/reading.h"
#include "analyzer/report/report.h"
#include "analyzer/reading/run-trace.h"
#include "analyzer/launch/shim.h"
#include "analyzer/commands/symbolize.h"

struct run_choice {
	struct report_choice report;
	const char *output;
	const char *sql;    /* value for PQLEAK_SQL, or NULL */
	const char *events; /* value for PQLEAK_EVENTS, or NULL */
	const char *label;  /* value for PQLEAK_LABEL, or NULL: what the environment has */
	long long leak_status;
	bool append, check, quiet, unnamed;
};

static void done(struct run_choice *choice)
{
	report_choice_done(&choice->report);
}

static bool take_word(const char *option, const char *value, const char *only, const char **ret)
{
	if (strcmp(value, only) != 0)
		return fail(false, "'--%s=%s': it must be %s (see --help)", option, value, only);
	*ret = value;
	return true;
}

static bool take(int option, struct run_choice *choice)
{
	switch (option) {
	case 'o':
		choice->output = optarg;
		return optarg[0] != '\0' || fail(false, "'-o' needs the name of a trace");
	case 'q':
		choice->quiet = true;
		return true;
	case OPTION_NO_SYMBOLIZE:
		choice->unnamed = true;
		return true;
	case OPTION_APPEND:
		choice->append = true;
		return true;
	case OPTION_CHECK:
		choice->check = true;
		return true;
	case OPTION_ERROR_EXITCODE:
		choice->check = true;
		return option_number("error-exitcode", optarg, 255, &choice->leak_status) &&
			   (choice->leak_status > 0 || fail(false,
												"'--error-exitcode=%s': it must be from 1 to 255; 0 would say that"
												" nothing leaked (see --help)",
												optarg));
	case OPTION_SQL:
		return take_word("sql", optarg, "text", &choice->sql);
	case OPTION_LABEL:
		choice->label = optarg;
		return true;
	case OPTION_EVENTS:
		return take_word("events", optarg, "all", &choice->events);
	default:
		choice->check = choice->check || gate_has_option(option) || option == OPTION_BASELINE ||
						option == OPTION_STRICT_SUPPRESSIONS;
		return options_report(option, optarg, &choice->report);
	}
}

static void collect(const void *trace)
{
	run_trace_collect(trace);
}

/* Runs the command under the shim; 0, or why it did not run. */
static int trace_command(const struct run_choice *choice, const char *trace, char **command, struct launched *ret)
{
	char *shim = shim_find();
	char *setting = run_trace_setting(trace);
	/* Every process would open the trace at its end; the launcher does it once, for all. */
	const char *environment[6][2] = {{"PQLEAK_TRACE", setting}, {"PQLEAK_DRAIN", "later"}};
	struct launch launch = {
		.command = command, .preload = shim, .environment = environment, .meanwhile = collect, .context = trace};
	int variables = 2;
	int status = STATUS_RUN_FAILED;

	if (choice->sql != NULL) {
		environment[variables][0] = "PQLEAK_SQL";
		environment[variables++][1] = choice->sql;
	}
	if (choice->events != NULL) {
		environment[variables][0] = "PQLEAK_EVENTS";
		environment[variables++][1] = choice->events;
	}
	if (choice->label != NULL) {
		environment[variables][0] = "PQLEAK_LABEL";
		environment[variables++][1] = choice->label;
	}
	if (shim != NULL && setting != NULL) {
		int64_t known = 0;
		char program[PATH_MAX];
		status = launch_find(command[0], program);
		if (status != 0 && access(trace, F_OK) == 0)
			fail(0, "'%s' is still that of an earlier run", trace);
		if (status == 0)
			status = run_trace_make(trace, choice->append, program, &known) ? 0 : STATUS_RUN_FAILED;
		if (status == 0)
			status = launch_run(&launch, ret);
		if (status == 0)
			run_trace_note_end(trace, known, ret);
	}
	free(setting);
	free(shim);
	return status;
}

/* So that the trace can be read elsewhere, and when a later build has replaced the files. */
static bool name_frames(const struct run_choice *choice, struct reading *reading)
{
	reading->symbols = choice->report.symbols;
	return choice->unnamed || symbolize(reading);
}

/* Reports, and decides between the command's status and the gate's. */
static int conclude(const struct run_choice *choice, const char *trace, int command_status)
{
	READING_CLEANUP reading = {0};
	struct totals totals;
	int unable = choice->check && command_status == 0 ? STATUS_UNABLE : command_status;

	if (!reading_open(&reading, trace) || !name_frames(choice, &reading) ||
		!findings_make(&reading, &choice->report, &totals))
		return unable;
	int status = gate_status(&choice->report, &totals, (int)choice->leak_status);
	bool silent = choice->quiet && status == STATUS_CLEAN &&
				  (choice->check || (totals_leaked(&totals) == 0 && totals.reasons == 0));
	if (!report_print(&reading, &choice->report, &totals, silent ? NULL : stderr))
		return unable;
	return choice->check && command_status == 0 ? status : command_status;
}

static const char letters[] = "+:ho:q";
static const struct option options[] = {{"trace", required_argument, NULL, 'o'},
										{"append", no_argument, NULL, OPTION_APPEND},
										{"check", no_argument, NULL, OPTION_CHECK},
										GATE_OPTIONS,
										{"error-exitcode", required_argument, NULL, OPTION_ERROR_EXITCODE},
										{"sql", required_argument, NULL, OPTION_SQL},
										{"events", required_argument, NULL, OPTION_EVENTS},
										{"label", required_argument, NULL, OPTION_LABEL},
										{"quiet", no_argument, NULL, 'q'},
										{"no-symbolize", no_argument, NULL, OPTION_NO_SYMBOLIZE},
										REPORT_OPTIONS,
										SYMBOL_OPTIONS,
										HELP_OPTION,
										{NULL, 0, NULL, 0}};

static int run_run(const struct command *self, int argc, char **argv)
{
	__attribute__((cleanup(done))) struct run_choice choice = {.output = DEFAULT_TRACE, .leak_status = STATUS_LEAKS};
	struct launched launched;

	for (int option; (option = options_next(self, argc, argv, letters, options)) != -1;) {
		if (option == OPTION_HELP)
			return STATUS_CLEAN;
		if (option == OPTION_WRONG || !take(option, &choice))
			return self->usage_status;
	}
	if (optind == argc)
		return fail(self->usage_status, "run which command? (see 'pqleak run --help')");
	char *trace = report_check_outputs(&choice.report.formats, choice.output) ? run_trace_path(choice.output) : NULL;
	if (trace == NULL)
		return STATUS_RUN_FAILED;
	int status = trace_command(&choice, trace, argv + optind, &launched);
	if (status == 0)
		status = conclude(&choice, choice.output, launch_exit_status(launched.wait_status));
	free(trace);
	return status;
}

const struct command command_run = {
	.name = "run",
	.synopsis = "[OPTIONS] [--] COMMAND [ARGUMENT]...",
	.summary = "Trace a command and everything it starts, then show what leaked",
	.help = "The trace:\n"
			"  -o, --trace=TRACE        write this trace (" DEFAULT_TRACE "); an existing trace is\n"
			"                           replaced, any other file is left alone\n"
			"  --append                 add to an existing trace\n"
			"  --sql=text               keep the text of statements, up to 1 kB each; it can\n"
			"                           hold personal data and passwords\n"
			"  --events=all             keep every event, not only what is outstanding\n"
			"  --label=TEXT             mark these processes, for example with a test's name\n"
			"  --no-symbolize           store no names but those that the report shows\n"
			"\nWhat fails:\n"
			"  --check                  exit with 1 when something leaked, 2 when nobody can\n"
			"                           tell; a failure of the command itself wins\n"
			"  --error-exitcode=N       the same, with N in place of 1\n"
			"  --max=N                  the same, and tolerate up to N of what fails\n" GATE_OPTIONS_HELP
			"\nWhat is known:\n" ACCEPTED_OPTIONS_HELP "\nThe report:\n"
			"  -q, --quiet              print nothing when nothing leaked, or when the\n"
			"                           check passes\n" REPORT_OPTIONS_HELP "\nNames:\n" SYMBOL_OPTIONS_HELP
			"\nThe options:\n" CONFIGURATION_OPTIONS_HELP
			"\nEvery option of what fails implies --check, and so do --strict-suppressions and\n"
			"--baseline.\n"
			"The report goes to stderr.  The exit status is the command's, 128+N when signal\n"
			"N ended it; 125 when pqleak failed, 126 when the command could not be executed,\n"
			"127 when it was not found.\n",
	.letters = letters,
	.options = options,
	.usage_status = STATUS_RUN_FAILED,
	.run = run_run,
};
