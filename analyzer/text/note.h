// SPDX-License-Identifier: PostgreSQL
/*
 * note.h - one note while it is put into words.
 *
 * notes.c reads the notes and prints what note-words.c says of them; note.c is what the latter is written with.
 */
#ifndef PQLEAK_ANALYZER_TEXT_NOTE_H
#define PQLEAK_ANALYZER_TEXT_NOTE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/base/print.h"

#define WORDS_TEXT 1024
#define MOST_DETAILS 4 /* the callers included */

/* A text, and the call that it ends in; "": it ends in none. */
struct words {
	const char *label; /* of a detail */
	char text[WORDS_TEXT];
	const char *name, *place;
};

struct note {
	sqlite3_stmt *row, *fact, *caller;
	struct words title, details[MOST_DETAILS];
	int count; /* of details */
};

/* The columns of `row`: its number, and its two places. */
enum { NOTE_NUMBER, NOTE_NAME, NOTE_PLACE, NOTE_OTHER_NAME, NOTE_OTHER_PLACE };

/* The statement `fact`; ?3: reproducible. */
extern const char note_fact_sql[];

/* The fact of this name; false, 0 or "": it is unknown, or left out.  A text is valid until the next fact is asked for.
 */
bool note_has(const struct note *note, const char *key);
int64_t note_number(const struct note *note, const char *key);
double note_real(const struct note *note, const char *key);
const char *note_text(const struct note *note, const char *key);
const char *note_duration(char ret[DURATION_TEXT], const struct note *note, const char *key);

/* The title, up to its place. */
void note_title(struct note *note, const char *format, ...) __attribute__((format(printf, 2, 3)));

void note_detail(struct note *note, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));
void note_detail_other_place(struct note *note, const char *label);

/* --- note-words.c --- */

struct note_sort {
	const char *sort;                      /* in TEMP TABLE note, in JSON, and after "note-" the rule */
	void (*say)(struct note *note);        /* puts it into words */
	const char *title, *help;              /* of the rule; NULL: the formats for programs tell it otherwise */
	const char *stack_words, *other_words; /* what happened there */
};

/* In their order; ended by one without a name. */
extern const struct note_sort note_sorts[];

#endif
