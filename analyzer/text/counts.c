// SPDX-License-Identifier: PostgreSQL
/*
 * counts.c - see counts.h.
 */
#include "analyzer/text/counts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/base/print.h"
#include "analyzer/base/query.h"

void append_count(char text[SENTENCE], const char *separator, int64_t count, const char *before, const char *after)
{
	if (count == 0)
		return;
	snprintf(text + strlen(text), SENTENCE - strlen(text), "%s%" PRId64 " %s%s%s", text[0] != '\0' ? separator : "",
			 count, before, before[0] != '\0' ? plural(count) : "", after);
}

#define NAMES_SHOWN 3
#define LONGEST_NAME 150

/* Each program once, with its script, the first by name: relays, programs that spoke, or others. */
static const char names_sql[] =
	"SELECT DISTINCT basename(exe) || iif(how NOT IN ('protocol', 'bypassed', 'namespace') AND module <> '',"
	"                                     ' ' || basename(module), '') AS name"
	" FROM unseen_text WHERE iif(how = 'relay', 'relay', iif(spoke, 'spoke', 'passed')) = ? ORDER BY name";

int64_t list_unseen(sqlite3 *db, const char *which, char text[UNSEEN_NAMES])
{
	text[0] = '\0';
	if (query_number(db, "SELECT EXISTS (SELECT 1 FROM main.unseen)", 1) == 0)
		return 0;
	QUERY_CLEANUP row = query_with(db, names_sql, AS_TEXT(which));
	int64_t count = 0;
	size_t used = 0;

	while (query_next(row, NULL))
		if (count++ < NAMES_SHOWN)
			used += (size_t)snprintf(text + used, UNSEEN_NAMES - used, "%s%.*s", count > 1 ? ", " : "", LONGEST_NAME,
									 query_text(row, 0));
	if (count > NAMES_SHOWN)
		snprintf(text + used, UNSEEN_NAMES - used, " and %" PRId64 " more", count - NAMES_SHOWN);
	return count;
}
