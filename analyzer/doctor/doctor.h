// SPDX-License-Identifier: PostgreSQL
/*
 * doctor.h - what `pqleak doctor` finds, a line each.
 *
 * Called by the command `doctor`.
 */
#ifndef PQLEAK_ANALYZER_DOCTOR_DOCTOR_H
#define PQLEAK_ANALYZER_DOCTOR_DOCTOR_H

enum doctor_answer {
	DOCTOR_SEEN,   /* it will be seen */
	DOCTOR_NOTE,   /* worth knowing; changes nothing */
	DOCTOR_UNSURE, /* that shows only when it runs */
	DOCTOR_UNSEEN, /* it will not be seen */
	DOCTOR_ANSWERS
};

/* What was found: how many answers of each sort. */
struct doctor {
	int count[DOCTOR_ANSWERS];
};

/* Counts the answer, and prints a line: the answer, what it is about, and a sentence. */
void doctor_say(struct doctor *doctor, enum doctor_answer answer, const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Looks at the program that execvp would find at `path`, which is not run; `shim` as it will be preloaded. */
void doctor_program(struct doctor *doctor, const char *path, const char *shim);

#endif
