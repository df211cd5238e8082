// SPDX-License-Identifier: PostgreSQL
/*
 * machine.c - what the formats for programs share; see formats.h.
 */
#include "analyzer/report/formats.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"

char *machine_text(sqlite3_stmt *row, int column)
{
	char *text = strdup(query_text(row, column));

	if (text == NULL)
		complain("out of memory");
	else
		make_printable(text);
	return text;
}

bool machine_stacks(sqlite3 *db, int64_t number, machine_line *line, FILE *file)
{
	QUERY_CLEANUP row = query_prepare(
		db, "SELECT CASE WHEN k.level = 0 AND c.depth = 0 THEN s.words || ' from' END, c.text FROM problem_stack s"
			" JOIN stack_frame k ON k.stack = s.stack JOIN frame_call c ON c.frame = k.frame WHERE s.number = ?1"
			" ORDER BY s.part, k.level, c.depth");
	bool failed = row == NULL;

	if (!failed)
		sqlite3_bind_int64(row, 1, number);
	while (!failed && query_next(row, &failed)) {
		char *words = machine_text(row, 0), *text = machine_text(row, 1);
		if (words != NULL && text != NULL) {
			if (words[0] != '\0')
				line(file, 0, words);
			line(file, 2, text);
		}
		failed = failed || words == NULL || text == NULL;
		free(words);
		free(text);
	}
	return !failed;
}

bool machine_notes(sqlite3 *db, machine_line *line, FILE *file)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT message FROM problem WHERE what = 'note' ORDER BY number");
	bool failed = row == NULL;

	while (!failed && query_next(row, &failed)) {
		char *text = machine_text(row, 0);
		if (text != NULL)
			line(file, 0, text);
		failed = failed || text == NULL;
		free(text);
	}
	return !failed;
}
