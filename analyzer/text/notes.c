// SPDX-License-Identifier: PostgreSQL
/*
 * notes.c - the notes, one by one, in a text and for the formats of programs; see notes.h.
 */
#include "analyzer/text/notes.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/text/note.h"
#include "analyzer/text/text.h"

#define NOTES_SHOWN 3 /* of each sort in a text, without --all */
#define CALLERS_SHOWN 3

/* ?3: reproducible */
static const char rows_sql[] =
	"SELECT n.number, ifnull(short_name(s.head), 'an unknown place'), ifnull(s.tail, ''),"
	" ifnull(short_name(o.head), 'an unknown place'), ifnull(o.tail, '')"
	" FROM note n LEFT JOIN site s ON s.stack = n.stack LEFT JOIN site o ON o.stack = n.other_stack"
	" LEFT JOIN stack_path p ON p.stack = n.stack"
	" WHERE n.sort = ?1 AND (n.worth = 1 OR ?2 AND n.worth = 0) ORDER BY n.rank, iif(?3, p.path, ''), n.stack";

static const char callers_sql[] =
	"SELECT ifnull(short_name(c.head), 'an unknown place') || ifnull(c.tail, '')"
	" FROM note_caller n LEFT JOIN frame_call c ON c.frame = n.frame AND c.depth = n.depth"
	" WHERE n.note = ? ORDER BY n.count DESC, 1";

/* The callers that a site is told of together. */
static bool detail_callers(struct note *note)
{
	char text[WORDS_TEXT] = "";
	size_t length = 0;
	int64_t count = 0;
	bool failed = false;

	sqlite3_reset(note->caller);
	query_bind(note->caller, QUERY_VALUES(AS_NUMBER(sqlite3_column_int64(note->row, NOTE_NUMBER))));
	while (query_next(note->caller, &failed))
		if (count++ < CALLERS_SHOWN && length < sizeof text)
			length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", count > 1 ? ", " : "",
									   query_text(note->caller, 0));
	if (count > CALLERS_SHOWN)
		note_detail(note, "callers", "%s and %" PRId64 " more", text, count - CALLERS_SHOWN);
	else if (count > 0)
		note_detail(note, "callers", "%s", text);
	return !failed;
}

/* Calls `tell` for each note of a sort. */
static bool each(sqlite3 *db, const struct note_sort *sort, bool all, bool reproducible,
				 bool (*tell)(const struct note *note, void *context), void *context)
{
	QUERY_CLEANUP row = query_with(db, rows_sql, AS_TEXT(sort->sort), AS_NUMBER(all), AS_NUMBER(reproducible));
	QUERY_CLEANUP fact = query_prepare(db, note_fact_sql);
	QUERY_CLEANUP caller = query_prepare(db, callers_sql);
	bool failed = fact == NULL || caller == NULL;

	sqlite3_bind_int(fact, 3, reproducible);
	while (!failed && query_next(row, &failed)) {
		struct note note = {.row = row, .fact = fact, .caller = caller};
		sort->say(&note);
		failed = !detail_callers(&note) || !tell(&note, context);
	}
	return !failed;
}

/* What print_note() is asked for. */
struct printing {
	const struct printer *printer;
	bool all, any;
	int64_t shown; /* of this sort */
};

static bool print_note(const struct note *note, void *context)
{
	struct printing *printing = context;

	if (printing->shown++ >= NOTES_SHOWN && !printing->all)
		return true;
	if (!printing->any)
		print_line(printing->printer, 0, STYLE_STRONG, "Notes");
	printing->any = true;
	print_call(printing->printer, 2, STYLE_PLAIN, note->title.text, note->title.name, note->title.place);
	for (int i = 0; i < note->count; i++) {
		const struct words *detail = &note->details[i];
		char label[32];
		snprintf(label, sizeof label, "%-*s ", PART_LABEL, detail->label);
		if (*detail->name != '\0')
			print_call(printing->printer, PART_INDENT, STYLE_PLAIN, label, detail->name, detail->place);
		else
			print_field(printing->printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, detail->label, "%s", detail->text);
	}
	return true;
}

bool notes_print(const struct printer *printer, sqlite3 *db, bool all, bool last)
{
	struct printing printing = {.printer = printer, .all = all};
	bool done = true;

	for (const struct note_sort *sort = note_sorts; sort->sort != NULL && done; sort++) {
		printing.shown = 0;
		done = each(db, sort, all, false, print_note, &printing);
		if (printing.shown > NOTES_SHOWN && !all)
			print_line(printer, 2, STYLE_DIM, "... %" PRId64 " more like this (--all shows every one)",
					   printing.shown - NOTES_SHOWN);
	}
	if (printing.any && !last)
		print_line(printer, 0, STYLE_PLAIN, "%s", "");
	return done;
}

static const char tables_sql[] =
	"CREATE TEMP TABLE note_sort (sort TEXT PRIMARY KEY, title, help, stack_words, other_words);"
	"CREATE TEMP TABLE note_message (number INTEGER PRIMARY KEY, note INTEGER, message TEXT)";

static bool tell_note(const struct note *note, void *context)
{
	sqlite3_stmt *insert = context;
	sqlite3_str *message = sqlite3_str_new(NULL);

	sqlite3_str_appendf(message, "%s%s%s", note->title.text, note->title.name, note->title.place);
	for (int i = 0; i < note->count; i++)
		sqlite3_str_appendf(message, "; %s: %s%s%s", note->details[i].label, note->details[i].text,
							note->details[i].name, note->details[i].place);
	char *text = sqlite3_str_finish(message);
	bool done = query_put(insert, AS_NUMBER(sqlite3_column_int64(note->row, NOTE_NUMBER)), AS_TEXT(text));
	sqlite3_free(text);
	return done;
}

static bool tell_sort(sqlite3 *db, const struct note_sort *sort)
{
	return query_once(db, "INSERT INTO note_sort VALUES (?, ?, ?, ?, ?)", AS_TEXT(sort->sort), AS_TEXT(sort->title),
					  AS_TEXT(sort->help), AS_TEXT(sort->stack_words), AS_TEXT(sort->other_words));
}

bool notes_tell(sqlite3 *db, bool all, bool reproducible)
{
	bool done = query_run(db, tables_sql);
	QUERY_CLEANUP insert = done ? query_prepare(db, "INSERT INTO note_message (note, message) VALUES (?, ?)") : NULL;

	for (const struct note_sort *sort = note_sorts; sort->sort != NULL && insert != NULL && done; sort++)
		if (sort->title != NULL)
			done = tell_sort(db, sort) && each(db, sort, all, reproducible, tell_note, insert);
	return done && insert != NULL;
}
