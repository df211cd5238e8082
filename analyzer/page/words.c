// SPDX-License-Identifier: PostgreSQL
/*
 * words.c - see words.h.
 */
#include "analyzer/page/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/text/text.h"

#define FINDINGS 300      /* as many as the page has */
#define WHOLE_FINDINGS 60 /* with all that the report says of them */

extern const char finding_rows_sql[];

/* A printer into memory, without colours and a width. */
struct page_text {
	struct printer printer;
	char *text;
	size_t size;
};

static bool text_begin(struct page_text *text)
{
	*text = (struct page_text){.text = NULL};
	text->printer.file = open_memstream(&text->text, &text->size);
	return text->printer.file != NULL || refuse("out of memory");
}

/* Gives the text to a statement, without its last line's end; false: it failed and said so. */
static bool text_end(struct page_text *text)
{
	bool done = fclose(text->printer.file) == 0 && text->text != NULL;

	while (done && text->size > 0 && text->text[text->size - 1] == '\n')
		text->text[--text->size] = '\0';
	return done || refuse("out of memory");
}

static bool store_lines(sqlite3 *db, char *text)
{
	QUERY_CLEANUP insert = query_prepare(db, "INSERT INTO page_line (text) VALUES (?)");
	bool done = insert != NULL;

	for (char *line = strtok(text, "\n"); line != NULL && done; line = strtok(NULL, "\n"))
		done = query_put(insert, AS_TEXT(strncmp(line, "pqleak: ", 8) == 0 ? line + 8 : line));
	return done;
}

static bool make_lines(const struct reading *reading, const struct report_choice *choice, const struct totals *totals)
{
	struct page_text text;

	if (!text_begin(&text))
		return false;
	text_headline(&text.printer, reading->db, choice, totals);
	bool done = text_end(&text) && store_lines(reading->db, text.text);
	free(text.text);
	return done;
}

static bool store_finding(const struct reading *reading, const struct report_choice *choice, const struct finding *f,
						  sqlite3_stmt *insert)
{
	struct page_text title, whole;

	if (!text_begin(&title))
		return false;
	finding_title(&title.printer, choice, f);
	bool done = text_end(&title) && text_begin(&whole);
	if (done) {
		if (f->number <= WHOLE_FINDINGS)
			finding_full(&whole.printer, choice, reading, f);
		done = text_end(&whole) && query_put(insert, AS_NUMBER(f->number), AS_TEXT(title.text), AS_TEXT(whole.text));
		free(whole.text);
	}
	free(title.text);
	return done;
}

bool page_words_make(const struct reading *reading, const struct report_choice *choice, const struct totals *totals)
{
	QUERY_CLEANUP insert = query_prepare(reading->db, "INSERT INTO page_finding VALUES (?, ?, ?)");
	QUERY_CLEANUP rows = query_prepare(reading->db, finding_rows_sql);
	bool failed = insert == NULL || rows == NULL || !make_lines(reading, choice, totals);

	for (struct finding f; !failed && finding_next(rows, &f, &failed) && f.number <= FINDINGS;)
		failed = !store_finding(reading, choice, &f, insert);
	return !failed;
}
