// SPDX-License-Identifier: PostgreSQL
/*
 * peak.c - the most connections that were open at once; see peak.h.
 *
 * Each process counted its own peak while it was traced.  The peak of several
 * together needs every connection in the order of time, which is sorted here
 * only while they are few.
 */
#include "analyzer/findings/peak.h"

#include <stddef.h>

#include "analyzer/base/query.h"

#define MOST_SORTED 100000 /* connections: half a second */

static const char highest_sql[] = "SELECT id, peak, ifnull(peak_ns, started_ns) FROM main.process"
								  " WHERE peak > 0 ORDER BY peak DESC, id LIMIT 1";

/* What was never released was open until its process ended. */
static const char together_sql[] =
	"WITH step AS ("
	"  SELECT acquired_ns + connect_ns AS at_ns, 1 AS more FROM main.connection WHERE state = 'connected'"
	"  UNION ALL SELECT ifnull(c.released_ns, p.ended_ns), -1 FROM main.connection c JOIN main.process p"
	"    ON p.id = c.process WHERE c.state = 'connected' AND ifnull(c.released_ns, p.ended_ns) IS NOT NULL)"
	" SELECT open, at_ns FROM (SELECT at_ns, sum(more) OVER (ORDER BY at_ns, more ROWS UNBOUNDED PRECEDING) AS open"
	"  FROM step) ORDER BY open DESC, at_ns LIMIT 1";

static const char table_sql[] = "DROP TABLE IF EXISTS temp.found_peak;"
								"CREATE TEMP TABLE found_peak (acquire_stack INTEGER PRIMARY KEY, open)";

static const char sites_sql[] =
	"INSERT INTO found_peak SELECT c.acquire_stack, count(*) FROM main.connection c JOIN main.process p"
	" ON p.id = c.process WHERE c.state = 'connected' AND c.acquired_ns + c.connect_ns <= ?1"
	" AND ifnull(ifnull(c.released_ns, p.ended_ns), ?1 + 1) > ?1 AND (?2 OR c.process = ?3) GROUP BY c.acquire_stack";

static bool add_up(sqlite3 *db, struct peak *peak)
{
	QUERY_CLEANUP row = query_prepare(db, together_sql);
	bool failed = row == NULL;

	if (!failed && query_next(row, &failed)) {
		peak->whole = true;
		if (sqlite3_column_int64(row, 0) > peak->open) {
			peak->open = sqlite3_column_int64(row, 0);
			peak->at_ns = sqlite3_column_int64(row, 1);
		}
	}
	return !failed;
}

bool peak_find(sqlite3 *db, struct peak *ret)
{
	struct peak peak = {0};
	QUERY_CLEANUP row = query_prepare(db, highest_sql);
	bool failed = row == NULL;

	if (!failed && query_next(row, &failed)) {
		peak.process = sqlite3_column_int64(row, 0);
		peak.open = peak.process_open = sqlite3_column_int64(row, 1);
		peak.at_ns = sqlite3_column_int64(row, 2);
	}
	if (failed)
		return false;
	if (query_number(db, "SELECT count(*) FROM main.process WHERE peak > 0", 0) <= 1)
		peak.whole = true;
	else if (query_number(db, "SELECT ifnull(max(id), 0) FROM main.connection", INT64_MAX) <= MOST_SORTED &&
			 !add_up(db, &peak))
		return false;
	*ret = peak;
	return true;
}

bool peak_sites(sqlite3 *db, const struct peak *peak, bool sites)
{
	if (!query_run(db, table_sql))
		return false;
	if (!sites || peak->open == 0)
		return true;
	QUERY_CLEANUP statement = query_prepare(db, sites_sql);
	bool failed = statement == NULL;
	if (failed)
		return false;
	sqlite3_bind_int64(statement, 1, peak->at_ns);
	sqlite3_bind_int(statement, 2, peak->whole);
	sqlite3_bind_int64(statement, 3, peak->process);
	query_next(statement, &failed);
	return !failed;
}
