// SPDX-License-Identifier: PostgreSQL
/*
 * report.c - a report in the chosen forms; see report.h.
 */
#include "analyzer/report/report.h"

#include "analyzer/base/query.h"
#include "analyzer/known/suppress.h"
#include "analyzer/reading/reading.h"
#include "analyzer/reading/statements.h"
#include "analyzer/report/formats.h"

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
