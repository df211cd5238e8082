// SPDX-License-Identifier: PostgreSQL
/*
 * doctor-say.c - the lines that `pqleak doctor` prints; see doctor.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/base/message.h"
#include "analyzer/doctor/doctor.h"

static const char *const answers[DOCTOR_ANSWERS] = {
	[DOCTOR_SEEN] = "ok", [DOCTOR_NOTE] = "note", [DOCTOR_UNSURE] = "?", [DOCTOR_UNSEEN] = "NO"};

void doctor_say(struct doctor *doctor, enum doctor_answer answer, const char *what, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	char *text = printable_text(format, values);
	va_end(values);
	printf("  %-4s  %-8s  %s\n", answers[answer], what, text != NULL ? text : "out of memory");
	free(text);
	doctor->count[answer]++;
}
