// SPDX-License-Identifier: PostgreSQL
/*
 * report-json.c - a report for programs.
 *
 * SQLite makes the JSON; report-json.sql documents its keys.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/exit-status.h"
#include "analyzer/findings/gate.h"
#include "analyzer/findings/findings.h"
#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/reading/reading.h"
#include "analyzer/report/report.h"
#include "analyzer/reading/statements.h"

/* What differs from run to run when the program does the same. */
static const char *const passing[] = {
	"acquire_stack", "at_ns",           "connect_ns",   "connection", "first_id", "first_ns",      "idle_ns", "last_ns",
	"longest_ns",    "longest_idle_ns", "mean_hold_ns", "per_second", "pid",      "release_stack", "stack",
};

/* Where the number begins that one of these keys has, when its quote is at `text`; else NULL. */
static const char *passing_number(const char *text)
{
	for (size_t i = 0; text[0] == '"' && i < sizeof passing / sizeof passing[0]; i++) {
		size_t length = strlen(passing[i]);
		if (strncmp(text + 1, passing[i], length) == 0 && strncmp(text + 1 + length, "\":", 2) == 0 &&
			strchr("-0123456789", text[length + 3]) != NULL)
			return text + length + 3;
	}
	return NULL;
}

/* With null for these numbers.  In JSON a quote inside a string follows a backslash: no string can hold `"pid":1`. */
static void print_reproducibly(const char *text, FILE *file)
{
	while (*text != '\0') {
		const char *number = passing_number(text);
		if (number == NULL) {
			fputc(*text++, file);
			continue;
		}
		fprintf(file, "%.*snull", (int)(number - text), text);
		text = number + strspn(number, "-+.0123456789e");
	}
	fputc('\n', file);
}

bool report_json(struct reading *reading, const struct report_choice *choice, const struct totals *totals, FILE *file)
{
	QUERY_CLEANUP statement = query_prepare(reading->db, report_json_sql);
	bool failed = statement == NULL;

	if (failed)
		return false;
	sqlite3_bind_text(statement, 1, reading->path, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, totals->peak.open);
	if (totals->peak.open > 0)
		sqlite3_bind_int64(statement, 3, totals->peak.at_ns);
	sqlite3_bind_int(statement, 4, totals->peak.whole);
	sqlite3_bind_int64(statement, 5, totals->peak.process);
	sqlite3_bind_int(statement, 6, gate_status(choice, totals, STATUS_LEAKS));
	if (!query_next(statement, &failed))
		return false;
	/* SQLite copies a name's bytes; JSON wants UTF-8.  Control characters are escaped already. */
	char *text = strdup(query_text(statement, 0));
	if (text == NULL)
		return fail(false, "out of memory");
	make_printable(text);
	if (choice->formats.reproducible)
		print_reproducibly(text, file);
	else
		fprintf(file, "%s\n", text);
	free(text);
	return true;
}
