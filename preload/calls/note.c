// SPDX-License-Identifier: PostgreSQL
/* note.c - see note.h. */
#include "preload/calls/note.h"

uint16_t note_functions[HOOK_COUNT];

void note_function_names(void)
{
	process_recorder->number_texts(process_thread(), libpq_function_names, HOOK_COUNT, note_functions);
}
