// SPDX-License-Identifier: PostgreSQL
/*
 * formats.c - see formats.h.
 */
#include "analyzer/report/formats.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/options/command.h"
#include "analyzer/findings/findings.h"
#include "analyzer/base/message.h"
#include "analyzer/options/options.h"
#include "analyzer/base/output-file.h"
#include "analyzer/base/print.h"
#include "analyzer/report/report-machine.h"
#include "analyzer/report/report.h"
#include "analyzer/base/text-file.h"

static const char *const names[] = {
	[FORMAT_TEXT] = "text",     [FORMAT_JSON] = "json",     [FORMAT_SARIF] = "sarif", [FORMAT_JUNIT] = "junit",
	[FORMAT_GITHUB] = "github", [FORMAT_GITLAB] = "gitlab", [FORMAT_TAP] = "tap",     NULL};

static bool find(const char *option, const char *name, enum format *ret)
{
	for (int f = 0; names[f] != NULL; f++)
		if (strcmp(names[f], name) == 0) {
			*ret = (enum format)f;
			return true;
		}
	char hint[HINT_TEXT];
	return fail(false, "'--%s=%s': it must be text, json, sarif, junit, github, gitlab or tap%s (see --help)", option,
				name, did_you_mean(hint, "", nearest(name, names)));
}

static bool add_output(struct formats *formats, const char *value)
{
	char name[16];
	const char *equals = strchr(value, '=');

	if (equals == NULL || equals[1] == '\0')
		return fail(false, "'--output=%s': it must be FORMAT=FILE, as sarif=pqleak.sarif (see --help)", value);
	snprintf(name, sizeof name, "%.*s", (int)(equals - value), value);
	struct output *outputs = reallocarray(formats->outputs, formats->count + 1, sizeof *outputs);
	if (outputs == NULL)
		return fail(false, "out of memory");
	formats->outputs = outputs;
	outputs[formats->count].path = equals + 1;
	return find("output", name, &outputs[formats->count++].format);
}

bool formats_has_option(int option)
{
	return option == OPTION_FORMAT || option == OPTION_OUTPUT || option == OPTION_REPRODUCIBLE;
}

static bool any_machine(const struct formats *formats)
{
	bool any = formats->format != FORMAT_TEXT;

	for (size_t i = 0; i < formats->count; i++)
		any = any || formats->outputs[i].format != FORMAT_TEXT;
	return any;
}

bool formats_option(int option, const char *value, struct formats *formats)
{
	bool good = true;

	if (option == OPTION_FORMAT)
		good = find("format", value, &formats->format);
	else if (option == OPTION_OUTPUT)
		good = add_output(formats, value);
	else
		formats->reproducible = true;
	formats->machine = any_machine(formats);
	return good;
}

static bool print_text(struct reading *reading, const struct report_choice *choice, const struct totals *totals,
					   FILE *meant_for, FILE *file)
{
	struct printer printer = printer_for(meant_for);

	printer.file = file;
	printer.native = choice->frames.native;
	return report_text(reading, choice, totals, &printer);
}

bool format_print(enum format format, struct reading *reading, const struct report_choice *choice,
				  const struct totals *totals, FILE *meant_for, FILE *file)
{
	switch (format) {
	case FORMAT_TEXT:
		return print_text(reading, choice, totals, meant_for, file);
	case FORMAT_JSON:
		return report_json(reading, choice, totals, file);
	case FORMAT_SARIF:
		return report_sarif(reading, gate_status(choice, totals, STATUS_LEAKS), file);
	case FORMAT_GITLAB:
		return report_gitlab(reading, file);
	case FORMAT_GITHUB:
		return report_github(reading, file);
	case FORMAT_JUNIT:
		return report_junit(reading, totals, file);
	case FORMAT_TAP:
		break;
	}
	return report_tap(reading, totals, file);
}

bool formats_check(const struct report_choice *choice, const char *trace)
{
	const struct formats *formats = &choice->formats;

	for (size_t i = 0; i < formats->count; i++) {
		const char *name = names[formats->outputs[i].format], *path = formats->outputs[i].path;
		if (strcmp(path, "-") == 0)
			continue;
		for (size_t j = 0; j < i; j++)
			if (output_file_same(path, formats->outputs[j].path))
				return fail(false, "'--output=%s=%s': another --output goes there (name another file)", name, path);
		if (output_file_same(path, trace))
			return fail(false, "'--output=%s=%s': this is the trace (name another file)", name, path);
		if (text_file_was_read(path))
			return fail(false, "'--output=%s=%s': pqleak reads this file, and leaves it alone (name another file)",
						name, path);
		if (!output_file_possible(path))
			return false;
	}
	return true;
}

bool formats_write(struct reading *reading, const struct report_choice *choice, const struct totals *totals,
				   FILE *standard)
{
	bool done = true;

	for (size_t i = 0; i < choice->formats.count; i++) {
		const struct output *output = &choice->formats.outputs[i];
		struct output_file file;
		if (strcmp(output->path, "-") == 0)
			done = format_print(output->format, reading, choice, totals, stdout, standard) && done;
		else if (!output_file_open(&file, output->path))
			done = false;
		else
			done =
				output_file_close(&file, format_print(output->format, reading, choice, totals, file.file, file.file)) &&
				done;
	}
	return done;
}

void formats_done(struct formats *formats)
{
	free(formats->outputs);
}
