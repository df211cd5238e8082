// SPDX-License-Identifier: PostgreSQL
/*
 * doctor-say.h - what `pqleak doctor` has found, a line each.
 *
 * Owns the words for an answer, and counts the answers.
 */
#ifndef PQLEAK_ANALYZER_COMMANDS_DOCTOR_SAY_H
#define PQLEAK_ANALYZER_COMMANDS_DOCTOR_SAY_H

enum doctor_answer {
	DOCTOR_SEEN,   /* it will be seen */
	DOCTOR_NOTE,   /* worth knowing; changes nothing */
	DOCTOR_UNSURE, /* that shows only when it runs */
	DOCTOR_UNSEEN, /* it will not be seen */
	DOCTOR_ANSWERS
};

struct doctor {
	int count[DOCTOR_ANSWERS];
};

/* Prints a line: the answer, what it is about, and a sentence. */
void doctor_say(struct doctor *doctor, enum doctor_answer answer, const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
