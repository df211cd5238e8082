// SPDX-License-Identifier: PostgreSQL
/*
 * doctor.h - what `pqleak doctor` looks at, a line each.
 *
 * Owns the words for what it finds and the conclusion.  Called by doctor.c;
 * doctor-program.c looks at the command's file, and runs nothing of it.
 */
#ifndef PQLEAK_ANALYZER_COMMANDS_DOCTOR_H
#define PQLEAK_ANALYZER_COMMANDS_DOCTOR_H

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

/* Looks at the program that execvp would find at `path`; `shim` as it will be preloaded. */
void doctor_program(struct doctor *doctor, const char *path, const char *shim);

#endif
