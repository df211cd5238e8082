// SPDX-License-Identifier: PostgreSQL
/*
 * report.c - a report in the chosen formats; see report.h.
 */
#include "analyzer/report/report.h"

#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/output-file.h"
#include "analyzer/base/query.h"
#include "analyzer/base/text-file.h"
#include "analyzer/known/known.h"
#include "analyzer/report/formats.h"
#include "analyzer/report/open.h"
#include "analyzer/text/notes.h"

extern const char problems_sql[];

static report_printer *const printers[FORMAT_COUNT] = {
#define FORMAT(name, is_for_programs) [FORMAT_##name] = report_##name,
#include "analyzer/options/formats.def"
#undef FORMAT
};

/* Nothing but these has a form for what is open: open_possible() has seen to that. */
static report_printer *printer_of(const struct report *report, enum format format)
{
	if (!report->choice->open)
		return printers[format];
	return format == FORMAT_json ? report_open_json : report_open_text;
}

bool report_check_outputs(const struct formats *formats, const char *trace)
{
	for (size_t i = 0; i < formats->count; i++) {
		const char *name = format_names[formats->outputs[i].format], *path = formats->outputs[i].path;
		if (strcmp(path, "-") == 0)
			continue;
		for (size_t j = 0; j < i; j++)
			if (output_file_same(path, formats->outputs[j].path))
				return refuse("'--output=%s=%s': another --output writes to the same file (name another file)", name,
							  path);
		if (output_file_same(path, trace))
			return refuse("'--output=%s=%s': this is the trace (name another file)", name, path);
		if (text_file_was_read(path))
			return refuse("'--output=%s=%s': pqleak reads this file and will not overwrite it (name another file)",
						  name, path);
		if (!output_file_possible(path))
			return false;
	}
	return true;
}

/* Writes one file of --output, what is for standard output to `standard`. */
static bool write_output(struct report *report, const struct output *output, FILE *standard)
{
	report_printer *print = printer_of(report, output->format);
	struct output_file file;

	if (strcmp(output->path, "-") == 0) {
		report->meant_for = stdout;
		return print(report, standard);
	}
	if (!output_file_open(&file, output->path))
		return false;
	report->meant_for = file.file;
	return output_file_close(&file, print(report, file.file));
}

static bool make_problems(struct reading *reading, const struct report_choice *choice)
{
	return notes_tell(reading->db, choice->all, choice->formats.reproducible) && query_run(reading->db, problems_sql);
}

bool report_print_json(struct reading *reading, const struct report_choice *choice, const struct totals *totals,
					   FILE *file)
{
	struct report report = {reading, choice, totals, file};

	return make_problems(reading, choice) && report_json(&report, file);
}

bool report_print(struct reading *reading, const struct report_choice *choice, const struct totals *totals, FILE *file)
{
	const struct formats *formats = &choice->formats;
	FILE *output = file != NULL ? reading_output(reading, file) : NULL, *standard = reading_output(reading, stdout);
	struct report report = {reading, choice, totals, file};
	bool ready = !formats->machine || choice->open || make_problems(reading, choice);
	bool done = ready;

	if (ready && file != NULL)
		done = choice->accepted.print ? suppress_print(reading->db, output)
									  : printer_of(&report, formats->format)(&report, output);
	for (size_t i = 0; ready && i < formats->count; i++)
		done = write_output(&report, &formats->outputs[i], standard) && done;
	done = (file == NULL || reading_output_end(reading, output, file)) && done;
	return reading_output_end(reading, standard, stdout) && done;
}
