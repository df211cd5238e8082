// SPDX-License-Identifier: PostgreSQL
/*
 * doctor-say.c - see doctor-say.h.
 */
#include "analyzer/commands/doctor-say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/message.h"

static const char *const words[DOCTOR_ANSWERS] = {
	[DOCTOR_SEEN] = "ok", [DOCTOR_NOTE] = "note", [DOCTOR_UNSURE] = "?", [DOCTOR_UNSEEN] = "NO"};

void doctor_say(struct doctor *doctor, enum doctor_answer answer, const char *what, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	if (text != NULL)
		make_printable(text);
	printf("  %-4s  %-8s  %s\n", words[answer], what, text != NULL ? text : "out of memory");
	free(text);
	doctor->count[answer]++;
}
