// SPDX-License-Identifier: PostgreSQL
/*
 * choice.c - see choice.h.
 */
#include "analyzer/options/choice.h"

#include <stdlib.h>

void frame_choice_done(struct frame_choice *choice)
{
	for (size_t i = 0; i < choice->skip.count; i++)
		free(choice->skip.patterns[i]);
	free(choice->skip.patterns);
}

void report_choice_done(struct report_choice *choice)
{
	free(choice->formats.outputs);
	suppressions_done(&choice->accepted.suppressions);
	baseline_done(&choice->accepted.baseline);
	frame_choice_done(&choice->frames);
}
