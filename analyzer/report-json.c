// SPDX-License-Identifier: PostgreSQL
/*
 * report-json.c - a report for programs.
 *
 * SQLite makes the JSON; report-json.sql documents its keys.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/findings.h"
#include "analyzer/message.h"
#include "analyzer/query.h"
#include "analyzer/reading.h"
#include "analyzer/report.h"
#include "analyzer/statements.h"

bool report_json(struct reading *reading, const struct totals *totals, FILE *file)
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
	if (!query_next(statement, &failed))
		return false;
	/* SQLite copies a name's bytes; JSON wants UTF-8.  Control characters are escaped already. */
	char *text = strdup(query_text(statement, 0));
	if (text == NULL)
		return fail(false, "out of memory");
	make_printable(text);
	fprintf(file, "%s\n", text);
	free(text);
	return true;
}
