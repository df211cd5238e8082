// SPDX-License-Identifier: PostgreSQL
/*
 * run.c - `pqleak run`: trace a command with everything it starts, and report.
 *
 * The command comes first: its exit status is ours, unless --check finds a leak
 * in a command that succeeded.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/message.h"
#include "analyzer/findings/findings.h"
#include "analyzer/findings/gate.h"
#include "analyzer/launch/launch.h"
#include "analyzer/options/command.h"
#include "analyzer/reading/reading.h"
#include "analyzer/reading/run-trace.h"
#include "analyzer/report/report.h"
#include "analyzer/symbols/symbols.h"
#include "trace/base/reach.h"

static void collect(const void *trace)
{
	run_trace_collect(trace);
}

static void hear(const void *trace, const struct heard *heard)
{
	run_trace_keep_mark(trace, heard);
}

/* A dynamic linker other than glibc's ends the program when it cannot load the shim. */
static bool refuses_preload(const char *program)
{
	char found[PATH_MAX];
	enum reach reach = reach_judge(AT_FDCWD, program, found, sizeof found, NULL, 0);

	return reach == REACH_LIBC || reach == REACH_MACHINE;
}

/* Runs the command under the shim; 0, or why it did not run.  `ret_known`: the last process in the trace before. */
static int trace_command(const struct arguments *arguments, const char *trace, struct launched *ret, int64_t *ret_known)
{
	char *shim = shim_find();
	char *setting = run_trace_setting(trace);
	/* Every process would open the trace at its end; the launcher does it once, for all. */
	struct listener listener = listen_begin();
	const char *environment[9][2] = {
		{"PQLEAK_TRACE", setting}, {"PQLEAK_DRAIN", "later"}, {"PQLEAK_MARKS", listener.name}};
	struct launch launch = {.command = arguments->words,
							.preload = shim,
							.environment = environment,
							.meanwhile = collect,
							.context = trace,
							.listener = &listener,
							.hear = hear};
	const char *const chosen[][2] = {{"PQLEAK_SQL", arguments->sql},
									 {"PQLEAK_EVENTS", arguments->events},
									 {"PQLEAK_LINES", arguments->lines},
									 {"PQLEAK_LABEL", arguments->label},
									 {"PQLEAK_KEEP_ENVIRONMENT", arguments->keep_environment ? "1" : NULL}};
	int status = STATUS_RUN_FAILED;

	for (size_t i = 0, variable = 3; i < sizeof chosen / sizeof chosen[0]; i++)
		if (chosen[i][1] != NULL)
			memcpy(environment[variable++], chosen[i], sizeof chosen[i]);
	if (shim != NULL && setting != NULL) {
		char program[PATH_MAX];
		status = launch_find(arguments->words[0], program);
		if (status != 0 && access(trace, F_OK) == 0)
			complain("'%s' is still the trace of an earlier run", trace);
		if (status == 0)
			status = run_trace_make(trace, arguments->append, program, ret_known) ? 0 : STATUS_RUN_FAILED;
		launch.preload = refuses_preload(program) ? NULL : shim;
		if (status == 0)
			status = launch_run(&launch, ret);
		if (status == 0)
			run_trace_note_end(trace, *ret_known, ret);
	}
	listen_end(&listener);
	free(setting);
	free(shim);
	return status;
}

/* Reports, and decides between the command's status and the gate's. */
static int conclude(const struct arguments *arguments, const struct report_choice *report, int command_status)
{
	READING_CLEANUP reading = {0};
	struct totals totals;
	int unable = arguments->check && command_status == 0 ? STATUS_UNABLE : command_status;

	/* All names are stored, so that the trace can be read elsewhere, and when a later build has replaced the files. */
	if (!reading_open(&reading, arguments->trace) ||
		(!arguments->unnamed && !symbols_resolve(reading.db, &report->symbols, EVERY_STACK)) ||
		!findings_make(&reading, report, &totals))
		return unable;
	int status = gate_status(&totals, (int)arguments->leak_status);
	bool silent = arguments->quiet && status == STATUS_CLEAN &&
				  (arguments->check || (totals_leaked(&totals) == 0 && totals.reasons == 0));
	if (!report_print(&reading, report, &totals, silent ? NULL : stderr))
		return unable;
	return arguments->check && command_status == 0 ? status : command_status;
}

static int run_run(const struct arguments *arguments)
{
	struct launched launched;
	int64_t known = 0;

	if (arguments->count == 0)
		return fail(STATUS_RUN_FAILED, "no command to run (see 'pqleak run --help')");
	char *trace =
		report_check_outputs(&arguments->report.formats, arguments->trace) ? run_trace_path(arguments->trace) : NULL;
	if (trace == NULL)
		return STATUS_RUN_FAILED;
	int status = trace_command(arguments, trace, &launched, &known);
	if (status == 0)
		status = conclude(arguments, &arguments->report, launch_exit_status(launched.wait_status));
	free(trace);
	return status;
}

const struct command command_run = {
	.id = COMMAND_RUN,
	.synopsis = "[OPTIONS] [--] COMMAND [ARGUMENT]...",
	.summary = "Trace a command and everything it starts, then show what leaked",
	.first = GROUP_TRACE,
	.outro = "Every option under 'Failure criteria' implies --check, and so do --baseline and\n"
			 "--strict-suppressions.\n"
			 "The report goes to stderr.  The exit status is that of the command, 128+N if\n"
			 "signal N ended it, 125 if pqleak failed, 126 if the command could not be\n"
			 "executed, 127 if it was not found.\n",
	.is_prefix = true,
	.most = ANY_ARGUMENTS,
	.usage_status = STATUS_RUN_FAILED,
	.run = run_run,
};
