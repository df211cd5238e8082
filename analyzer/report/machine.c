// SPDX-License-Identifier: PostgreSQL
/*
 * machine.c - what the formats for programs share; see formats.h.
 */
#include "analyzer/report/formats.h"

#include "analyzer/base/query.h"

bool machine_stacks(sqlite3 *db, int64_t number, machine_line *line, FILE *file)
{
	QUERY_CLEANUP row = query_with(
		db,
		"SELECT CASE WHEN k.level = 0 AND c.depth = 0 THEN printable(s.words) || ' from' END, printable(c.text)"
		" FROM problem_stack s JOIN stack_frame k ON k.stack = s.stack JOIN frame_call c ON c.frame = k.frame"
		" WHERE s.number = ?1 ORDER BY s.part, k.level, c.depth",
		AS_NUMBER(number));
	bool failed = false;

	while (query_next(row, &failed)) {
		if (query_text(row, 0)[0] != '\0')
			line(file, 0, query_text(row, 0));
		line(file, 2, query_text(row, 1));
	}
	return !failed;
}

bool machine_notes(sqlite3 *db, machine_line *line, FILE *file)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT printable(message) FROM problem WHERE what = 'note' ORDER BY number");
	bool failed = false;

	while (query_next(row, &failed))
		line(file, 0, query_text(row, 0));
	return !failed;
}
