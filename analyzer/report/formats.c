// SPDX-License-Identifier: PostgreSQL
/*
 * formats.c - see formats.h.
 */
#include "analyzer/report/formats.h"

#include <string.h>

#include "analyzer/base/exit-status.h"
#include "analyzer/findings/findings.h"
#include "analyzer/findings/gate.h"
#include "analyzer/base/message.h"
#include "analyzer/base/output-file.h"
#include "analyzer/base/print.h"
#include "analyzer/report/report-machine.h"
#include "analyzer/report/report.h"
#include "analyzer/base/text-file.h"

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
	case FORMAT_COUNT:
		break;
	}
	return report_tap(reading, totals, file);
}

bool formats_check(const struct report_choice *choice, const char *trace)
{
	const struct formats *formats = &choice->formats;

	for (size_t i = 0; i < formats->count; i++) {
		const char *name = format_name(formats->outputs[i].format), *path = formats->outputs[i].path;
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
