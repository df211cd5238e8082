// SPDX-License-Identifier: PostgreSQL
/*
 * note.c - the facts of a note, and where its words go; see note.h.
 */
#include "analyzer/text/note.h"

#include <stdarg.h>
#include <stdio.h>

#include "analyzer/base/query.h"

const char note_fact_sql[] = "SELECT iif(passes AND ?3, NULL, value) FROM note_fact WHERE note = ?1 AND key = ?2";

bool note_has(const struct note *note, const char *key)
{
	sqlite3_reset(note->fact);
	query_bind(note->fact, QUERY_VALUES(AS_NUMBER(sqlite3_column_int64(note->row, NOTE_NUMBER)), AS_TEXT(key)));
	return query_next(note->fact, NULL) && sqlite3_column_type(note->fact, 0) != SQLITE_NULL;
}

int64_t note_number(const struct note *note, const char *key)
{
	return note_has(note, key) ? sqlite3_column_int64(note->fact, 0) : 0;
}

double note_real(const struct note *note, const char *key)
{
	return note_has(note, key) ? sqlite3_column_double(note->fact, 0) : 0;
}

const char *note_text(const struct note *note, const char *key)
{
	return note_has(note, key) ? query_text(note->fact, 0) : "";
}

const char *note_duration(char ret[DURATION_TEXT], const struct note *note, const char *key)
{
	return format_duration(ret, note_number(note, key));
}

void note_title(struct note *note, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(note->title.text, sizeof note->title.text, format, arguments);
	va_end(arguments);
	note->title.name = query_text(note->row, NOTE_NAME);
	note->title.place = query_text(note->row, NOTE_PLACE);
}

void note_detail(struct note *note, const char *label, const char *format, ...)
{
	struct words *words = &note->details[note->count++];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words->text, sizeof words->text, format, arguments);
	va_end(arguments);
	words->label = label;
	words->name = words->place = "";
}

void note_detail_other_place(struct note *note, const char *label)
{
	note_detail(note, label, "%s", "");
	note->details[note->count - 1].name = query_text(note->row, NOTE_OTHER_NAME);
	note->details[note->count - 1].place = query_text(note->row, NOTE_OTHER_PLACE);
}
