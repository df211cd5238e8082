// SPDX-License-Identifier: PostgreSQL
/*
 * export-command.c - `pqleak export`.
 */
#include <unistd.h>

#include "analyzer/base/message.h"
#include "analyzer/base/output-file.h"
#include "analyzer/export/export.h"
#include "analyzer/findings/findings.h"
#include "analyzer/options/command.h"
#include "analyzer/reading/reading.h"

static bool write_file(struct export *export, const char *path)
{
	struct output_file output;

	if (!output_file_open(&output, path))
		return false;
	export->for_terminal = isatty(fileno(output.file)) != 0;
	bool done = export_print(export, output.file);
	return output_file_close(&output, done);
}

/* A user who reads slowly must not keep traced processes from draining. */
static bool write_standard(const struct export *export, struct reading *reading)
{
	FILE *output = reading_output(reading, stdout);
	bool done = output != NULL && export_print(export, output);

	return output != NULL && reading_output_end(reading, output, stdout) && done;
}

/* What would be ignored is a mistake. */
static bool choice_is_good(const struct export_choice *choice)
{
	if (choice->view != NULL && choice->format != EXPORT_csv)
		return refuse("'--view=%s': %s has no view (add '--format=csv')", choice->view, export_names[choice->format]);
	if ((choice->weight != NULL || choice->kind != KIND_NONE) && !export_has_weights(choice->format))
		return refuse(
			"'--%s': %s has no stacks that weigh something (leave it out, or use folded, speedscope or pprof)",
			choice->weight != NULL ? "weight" : "kind", export_names[choice->format]);
	return true;
}

static bool output_is_good(const struct arguments *arguments)
{
	const char *output = arguments->output;

	if (output == NULL && export_is_binary(arguments->export.format) && isatty(STDOUT_FILENO) != 0)
		return refuse("'--format=%s' is no text for a terminal (add '-o FILE')",
					  export_names[arguments->export.format]);
	if (output != NULL && output_file_same(output, arguments_trace(arguments)))
		return refuse("'-o %s': this is the trace (name another file)", output);
	return output == NULL || output_file_possible(output);
}

static int run_export(const struct arguments *arguments)
{
	READING_CLEANUP reading = {0};
	struct report_choice choice = arguments->report;
	struct totals totals;
	const char *output = arguments->output;

	choice.all = true; /* what was released, by its stack, too */
	if (!choice_is_good(&arguments->export) || !output_is_good(arguments) ||
		!reading_open(&reading, arguments_trace(arguments)) || !findings_make(&reading, &choice, &totals))
		return STATUS_UNABLE;
	struct export export = {reading.db, reading.path, &arguments->export, choice.frames.native,
							isatty(STDOUT_FILENO) != 0};
	if (totals.processes == 0)
		complain("no libpq call was intercepted, so there is nothing to export ('pqleak report' says more)");
	return (output != NULL ? write_file(&export, output) : write_standard(&export, &reading)) ? STATUS_CLEAN
																							  : STATUS_UNABLE;
}

const struct command command_export = {
	.id = COMMAND_EXPORT,
	.synopsis = "[OPTIONS] [TRACE]",
	.summary = "Write a trace for flamegraph.pl, speedscope, pprof, Perfetto and others",
	.intro = "The default TRACE is " DEFAULT_TRACE ".\n",
	.first = GROUP_EXPORT,
	.outro = "The exit status is 0 if all was written, and 2 if not.\n",
	.most = 1,
	.run = run_export,
};
