// SPDX-License-Identifier: PostgreSQL
/*
 * excuses.c - see excuses.h.
 */
#include "analyzer/findings/excuses.h"

#include "analyzer/known/baseline.h"
#include "analyzer/base/query.h"
#include "analyzer/options/choice.h"
#include "analyzer/known/suppress.h"

/*
 * `verdict` is 'misuse' for a misuse, `kind` then the misuse's and `stack` that of the call.  `how`: 'suppressed' or
 * 'baseline'; `rule`: the number of the suppression or of the baseline's entry.
 */
static const char excuse_sql[] =
	"DROP TABLE IF EXISTS temp.excuse;"
	"ALTER TABLE temp.found_misuse ADD COLUMN excused TEXT NOT NULL DEFAULT '';"
	"CREATE TEMP TABLE excuse (kind TEXT, verdict TEXT, stack INTEGER, how TEXT NOT NULL, rule INTEGER,"
	" PRIMARY KEY (kind, verdict, stack)) WITHOUT ROWID";

static const char misuse_sql[] =
	"UPDATE found_misuse SET excused = e.how FROM excuse e"
	" WHERE e.kind = found_misuse.kind AND e.verdict = 'misuse' AND e.stack = found_misuse.stack";

bool excuses_make(sqlite3 *db, const struct report_choice *choice)
{
	return query_run(db, excuse_sql) && suppress_apply(&choice->accepted.suppressions, db) &&
		   baseline_apply(&choice->accepted.baseline, db) && query_run(db, misuse_sql);
}
