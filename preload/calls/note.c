// SPDX-License-Identifier: PostgreSQL
/* note.c - see note.h. */
#include "preload/calls/note.h"

#include <string.h>

uint16_t note_functions[HOOK_COUNT];

void note_function_names(void)
{
	for (int h = 0; h < HOOK_COUNT; h++) {
		const char *name = libpq_function_names[h];
		note_functions[h] = (uint16_t)process_recorder->intern(process_thread(), BLOB_TEXT, name, strlen(name));
	}
}
