// SPDX-License-Identifier: PostgreSQL
/*
 * excuses.c - see excuses.h.
 */
#include "analyzer/excuses.h"

#include "analyzer/query.h"
#include "analyzer/report.h"

/*
 * `verdict` is 'misuse' for a misuse, `kind` then the misuse's and `stack` that of the call.  `how`: 'suppressed' or
 * 'baseline'; `rule`: the number of the suppression or of the baseline's entry.
 */
static const char excuse_sql[] =
	"DROP TABLE IF EXISTS temp.excuse;"
	"CREATE TEMP TABLE excuse (kind TEXT, verdict TEXT, stack INTEGER, how TEXT NOT NULL, rule INTEGER,"
	" PRIMARY KEY (kind, verdict, stack)) WITHOUT ROWID";

bool excuses_make(sqlite3 *db, const struct report_choice *choice)
{
	(void)choice;
	return query_run(db, excuse_sql);
}
