// SPDX-License-Identifier: PostgreSQL
/*
 * findings.c - what a trace says, ready to print; see findings.h.
 */
#include "analyzer/findings/findings.h"

#include <string.h>

#include "analyzer/base/query.h"
#include "analyzer/findings/blame.h"
#include "analyzer/findings/excuses.h"
#include "analyzer/findings/gate.h"
#include "analyzer/findings/sites.h"
#include "analyzer/findings/skip-use.h"
#include "analyzer/findings/tally.h"
#include "analyzer/reading/source-root.h"
#include "analyzer/reading/statements.h"

#define IDLE_NS 1000000000 /* in a transaction, before that is worth a note */

/*
 * The verdict as in the view connection_life, for a group at a time.  lost: it was not given back and should have been;
 * a statement that is prepared once and stays is as it should be.
 */
static const char life_sql[] =
	"DROP VIEW IF EXISTS temp.tally_life;"
	"CREATE TEMP VIEW tally_life AS SELECT *, verdict IN ('leaked', 'open-at-death', 'open')"
	" AND (kind <> 'statement' OR state = 'repeated') AS lost FROM (SELECT t.*,"
	" CASE WHEN t.state = 'inherited' THEN 'inherited' WHEN t.released THEN 'released' ELSE f.verdict END AS verdict"
	" FROM tally t JOIN process_fate f ON f.process = t.process);"
	"DROP TABLE IF EXISTS temp.wanted_stack;"
	"CREATE TEMP TABLE wanted_stack (stack INTEGER PRIMARY KEY);"
	"INSERT INTO wanted_stack SELECT DISTINCT t.acquire_stack FROM tally t, report_choice c"
	" WHERE c.everything OR NOT t.released";

static const char notes_count_sql[] =
	"SELECT (SELECT count(*) FROM found_idle WHERE worth) + (SELECT count(*) FROM found_churn WHERE worth)"
	" + (SELECT count(*) FROM found_failed WHERE worth) + (SELECT count(*) FROM found_broken)"
	" + (SELECT count(*) FROM found_held) + (SELECT count(*) FROM found_peak_site)"
	" + (SELECT count(*) FROM found_drained)"
	" + (SELECT count(*) FROM found_misuse WHERE by_design)";

/* The others are among the reasons. */
static const char passed_sql[] = "SELECT count(*) FROM unseen_text WHERE NOT spoke AND EXISTS (SELECT 1 FROM process)";

/* What collect() is asked for, and what it cannot leave in a table. */
struct collection {
	struct report_choice choice;
	struct peak peak;
};

static bool make_choice(sqlite3 *db, const struct collection *collection)
{
	const struct report_choice *choice = &collection->choice;
	char *sql =
		sqlite3_mprintf("DROP TABLE IF EXISTS temp.report_choice;"
						"CREATE TEMP TABLE report_choice AS SELECT %Q AS group_by, %d AS everything,"
						" %lld AS held_ns, %lld AS idle_ns, %d AS reproducible, %d AS allow_held, %d AS allow_unseen,"
						" %lld AS tolerated, nullif(%lld, -1) AS most_open, %lld AS peak_open, %d AS strict",
						choice->group_by, choice->all, (long long)choice->held_ns,
						(long long)(choice->held_ns > 0 ? choice->held_ns : IDLE_NS), choice->formats.reproducible,
						choice->gate.allow_held, choice->gate.allow_unseen, choice->gate.tolerated,
						choice->gate.limit_open ? (long long)choice->gate.most_open : -1,
						(long long)collection->peak.open, choice->accepted.strict);
	bool done = sql != NULL && query_run(db, sql);

	sqlite3_free(sql);
	return done;
}

static bool collect(struct reading *reading, void *context)
{
	struct collection *collection = context;
	const struct report_choice *choice = &collection->choice;
	sqlite3 *db = reading->db;

	return peak_find(db, &collection->peak) && make_choice(db, collection) && gate_tell(&choice->gate, db) &&
		   tally_make(db, choice->all, choice->held_ns) && query_run(db, life_sql) &&
		   peak_sites(db, &collection->peak, choice->all || gate_too_many(&choice->gate, collection->peak.open)) &&
		   query_run(db, notes_sql) && blame_count(db, choice->stacks) && sites_make(db, &choice->symbols) &&
		   blame_make(db, choice->stacks) && query_run(db, paths_sql) && excuses_make(db, choice) &&
		   query_run(db, findings_sql);
}

static bool count_resources(sqlite3 *db, struct totals *totals)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT kind, verdict, sum(count), sum(iif(state = 'failed', count, 0))"
										  " FROM tally_life GROUP BY kind, verdict");
	bool failed = row == NULL;

	while (!failed && query_next(row, &failed)) {
		enum resource_kind kind = kind_find(query_text(row, 0));
		totals->count[kind][verdict_find(query_text(row, 1))] += sqlite3_column_int64(row, 2);
		totals->failed += sqlite3_column_int64(row, 3);
	}
	return !failed;
}

static bool count_findings(sqlite3 *db, struct totals *totals)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT kind, verdict, excused, count(DISTINCT key), sum(count),"
										  " sum(iif(shape = 'held at exit', count, 0)) FROM finding"
										  " WHERE lost GROUP BY kind, verdict, excused");
	bool failed = row == NULL;

	while (!failed && query_next(row, &failed)) {
		enum resource_kind kind = kind_find(query_text(row, 0));
		enum verdict verdict = verdict_find(query_text(row, 1));
		int64_t groups = sqlite3_column_int64(row, 3), resources = sqlite3_column_int64(row, 4);
		if (query_text(row, 2)[0] != '\0') {
			totals->excused_groups += groups;
			totals->excused += resources;
			continue;
		}
		totals->found[kind][verdict] = resources;
		totals->held[kind][verdict] = sqlite3_column_int64(row, 5);
		if (verdict == VERDICT_LEAKED)
			totals->groups[kind] = groups;
	}
	return !failed;
}

static bool count_misuses(sqlite3 *db, struct totals *totals)
{
	QUERY_CLEANUP row =
		query_prepare(db, "SELECT kind, excused <> '', sum(count) FROM found_misuse GROUP BY kind, excused <> ''");
	bool failed = row == NULL;

	while (!failed && query_next(row, &failed)) {
		if (sqlite3_column_int(row, 1))
			totals->excused_misuse += sqlite3_column_int64(row, 2);
		else
			totals->misuse[misuse_find(query_text(row, 0))] = sqlite3_column_int64(row, 2);
	}
	return !failed;
}

static bool count(sqlite3 *db, const char *group_by, struct totals *ret)
{
	*ret = (struct totals){.group_noun = strcmp(group_by, "site") == 0 ? "call site" : group_by,
						   .processes = query_number(db, "SELECT count(*) FROM process", 0),
						   .reasons = query_number(db, "SELECT count(*) FROM found_reason", 1),
						   .stale = query_number(db, "SELECT count(*) FROM suppression WHERE stale", 0),
						   .accepted = query_number(db, "SELECT count(*) FROM found_reason WHERE accepted", 0),
						   .passed = query_number(db, passed_sql, 0),
						   .notes = query_number(db, notes_count_sql, 0)};
	return count_resources(db, ret) && count_findings(db, ret) && count_misuses(db, ret);
}

bool findings_make(struct reading *reading, const struct report_choice *choice, struct totals *ret)
{
	struct collection collection = {.choice = *choice};

	if (collection.choice.group_by == NULL)
		collection.choice.group_by = "site";
	if (choice->accepted.print)
		collection.choice.group_by = "site"; /* what the entries speak of */
	if (choice->formats.machine)
		collection.choice.stacks = true; /* these always have them */
	if (!skip_use(&choice->frames.skip, reading->db) || !source_root_use(reading->db, choice->source_root))
		return false;
	if (!reading_look(reading, collect, &collection) || !count(reading->db, collection.choice.group_by, ret))
		return false;
	ret->peak = collection.peak;
	return true;
}

int64_t totals_found(const struct totals *totals, enum verdict verdict)
{
	int64_t all = 0;

	for (int k = 0; k < KIND_COUNT; k++)
		if (kind_fails((enum resource_kind)k))
			all += totals->found[k][verdict];
	return all;
}

int64_t totals_of(const struct totals *totals, enum verdict verdict)
{
	int64_t all = 0;

	for (int k = 0; k < KIND_COUNT; k++)
		if (kind_fails((enum resource_kind)k))
			all += totals->count[k][verdict];
	return all;
}

int64_t totals_leaked(const struct totals *totals)
{
	return totals_of(totals, VERDICT_LEAKED);
}

int64_t totals_shown(const struct totals *totals)
{
	int64_t shown = 0;

	for (int k = 0; k < KIND_COUNT; k++)
		if (!kind_fails((enum resource_kind)k))
			shown += totals->found[k][VERDICT_LEAKED];
	return shown;
}

int64_t totals_acquired(const struct totals *totals, enum resource_kind kind)
{
	const int64_t *count = totals->count[kind];

	return count[VERDICT_RELEASED] + count[VERDICT_LEAKED] + count[VERDICT_OPEN_AT_DEATH] + count[VERDICT_OPEN];
}

int64_t totals_open(const struct totals *totals)
{
	return totals_of(totals, VERDICT_OPEN) + totals_of(totals, VERDICT_OPEN_AT_DEATH);
}

int64_t totals_misuse(const struct totals *totals)
{
	int64_t all = 0;

	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		if (!misuse_by_design((enum misuse_kind)m))
			all += totals->misuse[m];
	return all;
}
