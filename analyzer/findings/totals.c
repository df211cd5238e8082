// SPDX-License-Identifier: PostgreSQL
/*
 * totals.c - the numbers of a report, read from its tables; see totals.h.
 */
#include <string.h>

#include "analyzer/base/query.h"
#include "analyzer/findings/totals.h"

static bool read_peak(sqlite3 *db, struct peak *ret)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT open, at_ns, process, too_many, whole, looked FROM peak");

	if (!query_next(row, NULL))
		return false;
	*ret = (struct peak){.open = sqlite3_column_int64(row, 0),
						 .at_ns = sqlite3_column_int64(row, 1),
						 .process = sqlite3_column_int64(row, 2),
						 .too_many = sqlite3_column_int(row, 3) != 0,
						 .whole = sqlite3_column_int(row, 4) != 0,
						 .looked = sqlite3_column_int(row, 5) != 0};
	return true;
}

static bool read_outcome(sqlite3 *db, struct totals *totals)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT fails, failing, forgiven FROM gate_outcome");

	if (!query_next(row, NULL))
		return false;
	totals->fails = sqlite3_column_int(row, 0) != 0;
	totals->failing = sqlite3_column_int64(row, 1);
	totals->forgiven = sqlite3_column_int64(row, 2);
	return true;
}

static bool count_resources(sqlite3 *db, struct totals *totals)
{
	QUERY_CLEANUP row = query_prepare(
		db, "SELECT kind, verdict, sum(count), sum(iif(kind = 'connection' AND state = 'failed', count, 0))"
			" FROM tally_life GROUP BY kind, verdict");
	bool failed = false;

	while (query_next(row, &failed)) {
		enum resource_kind kind = kind_find(query_text(row, 0));
		totals->count[kind][verdict_find(query_text(row, 1))] += sqlite3_column_int64(row, 2);
		totals->failed += sqlite3_column_int64(row, 3);
	}
	return !failed;
}

static bool count_manners(sqlite3 *db, struct totals *totals)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT kind, manner, count FROM manner_count");
	bool failed = false;

	while (query_next(row, &failed)) {
		enum resource_kind kind = kind_find(query_text(row, 0));
		enum manner manner = manner_find(query_text(row, 1));
		if (manner != MANNER_COUNT)
			totals->manner[kind][manner] = sqlite3_column_int64(row, 2);
	}
	return !failed;
}

static bool count_findings(sqlite3 *db, struct totals *totals)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT kind, verdict, excused, count(DISTINCT key), sum(count) FROM finding"
										  " WHERE lost GROUP BY kind, verdict, excused");
	bool failed = false;

	while (query_next(row, &failed)) {
		enum resource_kind kind = kind_find(query_text(row, 0));
		enum verdict verdict = verdict_find(query_text(row, 1));
		int64_t groups = sqlite3_column_int64(row, 3), resources = sqlite3_column_int64(row, 4);
		if (query_text(row, 2)[0] != '\0') {
			totals->excused_groups += groups;
			totals->excused += resources;
			continue;
		}
		totals->found[kind][verdict] = resources;
		if (verdict == VERDICT_LEAKED)
			totals->groups[kind] = groups;
	}
	return !failed;
}

static bool read_idle(sqlite3 *db, struct totals *totals)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT ifnull(max(i.longest_ns), 0), count(*) FROM finding_idle i"
										  " JOIN finding f ON f.number = i.number WHERE f.excused = ''");

	if (!query_next(row, NULL))
		return false;
	totals->idle_ns = sqlite3_column_int64(row, 0);
	totals->idle_groups = sqlite3_column_int64(row, 1);
	return true;
}

static bool count_misuses(sqlite3 *db, struct totals *totals)
{
	QUERY_CLEANUP row =
		query_prepare(db, "SELECT kind, excused <> '', sum(count) FROM found_misuse GROUP BY kind, excused <> ''");
	bool failed = false;

	while (query_next(row, &failed)) {
		if (sqlite3_column_int(row, 1))
			totals->excused_misuse += sqlite3_column_int64(row, 2);
		else
			totals->misuse[misuse_find(query_text(row, 0))] = sqlite3_column_int64(row, 2);
	}
	return !failed;
}

bool totals_count(sqlite3 *db, const char *group_by, struct totals *ret)
{
	*ret = (struct totals){.group_noun = strcmp(group_by, "site") == 0 ? "call site" : group_by,
						   .processes = query_number(db, "SELECT count(*) FROM process", 0),
						   .reasons = query_number(db, "SELECT count(*) FROM found_reason", 1),
						   .stale = query_number(db, "SELECT count(*) FROM suppression WHERE stale", 0),
						   .accepted = query_number(db, "SELECT count(*) FROM found_reason WHERE accepted", 0),
						   .notes = query_number(db, "SELECT count(*) FROM note WHERE worth > 0", 0)};
	return read_peak(db, &ret->peak) && read_outcome(db, ret) && count_resources(db, ret) && count_manners(db, ret) &&
		   count_findings(db, ret) && read_idle(db, ret) && count_misuses(db, ret);
}

/* Of the kinds that fail the check, or of the others. */
static int64_t add_up(const int64_t counts[KIND_COUNT][VERDICT_COUNT], enum verdict verdict, bool fails)
{
	int64_t all = 0;

	for (int k = 0; k < KIND_COUNT; k++)
		if (kind_fails((enum resource_kind)k) == fails)
			all += counts[k][verdict];
	return all;
}

int64_t totals_found(const struct totals *totals, enum verdict verdict)
{
	return add_up(totals->found, verdict, true);
}

int64_t totals_of(const struct totals *totals, enum verdict verdict)
{
	return add_up(totals->count, verdict, true);
}

int64_t totals_leaked(const struct totals *totals)
{
	return totals_of(totals, VERDICT_LEAKED);
}

int64_t totals_shown(const struct totals *totals)
{
	return add_up(totals->found, VERDICT_LEAKED, false);
}

int64_t totals_lived(const struct totals *totals)
{
	int64_t all = 0;

	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		for (int v = VERDICT_ABANDONED; v < VERDICT_COUNT; v++)
			all += totals->found[k][v];
	return all;
}

int64_t totals_acquired(const struct totals *totals, enum resource_kind kind)
{
	const int64_t *count = totals->count[kind];

	return count[VERDICT_RELEASED] + count[VERDICT_LEAKED] + count[VERDICT_OPEN_AT_DEATH] + count[VERDICT_OPEN] +
		   count[VERDICT_CANNOT_TELL];
}

int64_t totals_open(const struct totals *totals)
{
	int64_t all = totals_of(totals, VERDICT_CANNOT_TELL);

	for (int k = 0; k < KIND_COUNT; k++)
		all += totals->count[k][VERDICT_OPEN] + totals->count[k][VERDICT_OPEN_AT_DEATH];
	return all;
}

int64_t totals_misuse(const struct totals *totals)
{
	int64_t all = 0;

	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		if (!misuse_by_design((enum misuse_kind)m))
			all += totals->misuse[m];
	return all;
}
