// SPDX-License-Identifier: PostgreSQL
/*
 * choice.c - see choice.h.
 */
#include "analyzer/options/choice.h"

#include <stdlib.h>

const char *const format_names[FORMAT_COUNT + 1] = {
#define FORMAT(name, is_for_programs) [FORMAT_##name] = #name,
#include "analyzer/options/formats.def"
#undef FORMAT
};

void report_choice_done(struct report_choice *choice)
{
	free(choice->formats.outputs);
	suppressions_done(&choice->accepted.suppressions);
	baseline_done(&choice->accepted.baseline);
	for (size_t i = 0; i < choice->frames.skip.count; i++)
		free(choice->frames.skip.patterns[i]);
	free(choice->frames.skip.patterns);
}
