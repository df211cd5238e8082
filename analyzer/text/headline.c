// SPDX-License-Identifier: PostgreSQL
/*
 * headline.c - the first lines of a text report: what leaked, and why a check passes or fails.
 */
#include <inttypes.h>
#include <string.h>

#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/findings/gate.h"
#include "analyzer/text/counts.h"
#include "analyzer/text/text.h"

static void say_unseen_names(const struct printer *printer, sqlite3 *db, bool spoke)
{
	char names[UNSEEN_NAMES];

	if (list_unseen(db, spoke ? "spoke" : "passed", names) > 0)
		print_line(printer, 0, STYLE_PLAIN, "pqleak: unseen: %s", names);
	if (!spoke && list_unseen(db, "relay", names) > 0)
		print_line(printer, 0, STYLE_PLAIN, "pqleak: only forwarding: %s", names);
}

static void say_leaked(const struct printer *printer, const struct totals *totals)
{
	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++) {
		enum resource_kind kind = (enum resource_kind)k;
		int64_t count = totals->found[k][VERDICT_LEAKED];
		char text[SENTENCE];
		if (count == 0)
			continue;
		snprintf(text, sizeof text, "%" PRId64 " %s %s", count, kind_noun(kind, count), kind_unreleased(kind));
		append_count(text, ", ", totals->groups[k], totals->group_noun, "");
		print_line(printer, 0, kind_fails(kind) ? STYLE_BAD : STYLE_WARNING, "pqleak: %s", text);
	}
}

/* A reader of a log must see why the check passed or failed, where that is not plain.  Follows what leaked. */
static void say_gate(const struct printer *printer, const struct gate *gate, const struct totals *totals)
{
	int64_t failing = totals->failing, found = 0;

	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		for (int v = 0; v < VERDICT_COUNT; v++)
			found += totals->found[k][v];
	if (found == 0 || (!gate->is_chosen && !gate->allow_held && gate->tolerated == 0))
		return;
	if (totals->forgiven > 0)
		print_line(printer, 0, STYLE_PLAIN, "pqleak: %" PRId64 " held at exit ignored (--allow-held-at-exit)",
				   totals->forgiven);
	if (failing == 0)
		print_line(printer, 0, STYLE_PLAIN, "pqleak: none of these fails the check");
	else if (failing <= gate->tolerated)
		print_line(printer, 0, STYLE_PLAIN, "pqleak: %" PRId64 " tolerated (--max=%lld)", failing, gate->tolerated);
	else if (gate->tolerated > 0)
		print_line(printer, 0, STYLE_BAD, "pqleak: %" PRId64 " fail%s the check, more than --max=%lld", failing,
				   failing == 1 ? "s" : "", gate->tolerated);
	else
		print_line(printer, 0, STYLE_BAD, "pqleak: %" PRId64 " of these fail%s the check", failing,
				   failing == 1 ? "s" : "");
}

/* The times that break a limit, by the option that sets it: the longest. */
static void say_limits(const struct printer *printer, sqlite3 *db)
{
	QUERY_CLEANUP row = query_prepare(
		db, "SELECT printf('%s for %s', b.what, duration(max(b.longest_ns))), b.option, duration(b.most_ns),"
			" short_name(f.head) || f.tail, iif(b.option = '--max-unused',"
			"   printf('%d %s ', sum(b.count), noun('connection', sum(b.count))), ''),"
			" iif(b.option = '--max-unused', 'opened', 'begun')"
			" FROM found_limit b JOIN finding f ON f.number = b.number GROUP BY b.option");

	while (query_next(row, NULL))
		print_line(printer, 0, STYLE_BAD, "pqleak: %s%s, %s at %s; %s allows %s", query_text(row, 4),
				   query_text(row, 0), query_text(row, 5), query_text(row, 3), query_text(row, 1), query_text(row, 2));
}

static void say_more(const struct printer *printer, sqlite3 *db, const struct report_choice *choice,
					 const struct totals *totals)
{
	int64_t misuses = totals_misuse(totals);

	life_headline(printer, &choice->gate, totals);
	say_gate(printer, &choice->gate, totals);
	if (misuses > 0)
		print_line(printer, 0, STYLE_BAD, "pqleak: %" PRId64 " misuse%s of connections and results%s", misuses,
				   plural(misuses), gate_fails_some_misuse(&choice->gate) ? "" : " (--fail-on ignores misuse)");
	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		if (gate_fails_misuse(&choice->gate, (enum misuse_kind)m) && misuse_by_design((enum misuse_kind)m) &&
			totals->misuse[m] > 0)
			print_line(printer, 0, STYLE_BAD, "pqleak: %" PRId64 " %s", totals->misuse[m],
					   misuse_noun((enum misuse_kind)m, totals->misuse[m]));
	if (totals->excused > 0)
		print_line(printer, 0, STYLE_PLAIN, "pqleak: %" PRId64 " excused, %" PRId64 " %s%s%s", totals->excused,
				   totals->excused_groups, totals->group_noun, plural(totals->excused_groups),
				   choice->accepted.show || choice->all ? "" : " (--show-excused lists them)");
	if (totals->excused_misuse > 0)
		print_line(printer, 0, STYLE_PLAIN, "pqleak: %" PRId64 " misuse%s excused", totals->excused_misuse,
				   plural(totals->excused_misuse));
	if (choice->accepted.strict && totals->stale > 0)
		print_line(printer, 0, STYLE_BAD, "pqleak: %" PRId64 " suppression%s expired or unused (--strict-suppressions)",
				   totals->stale, plural(totals->stale));
	if (totals->peak.too_many)
		print_line(printer, 0, STYLE_BAD, "pqleak: %" PRId64 " connection%s open at once, --max-open=%lld",
				   totals->peak.open, plural(totals->peak.open), choice->gate.most_open);
	say_limits(printer, db);
}

static void say_leaks(const struct printer *printer, sqlite3 *db, const struct totals *totals)
{
	char text[SENTENCE] = "";

	if (totals_found(totals, VERDICT_LEAKED) > 0) {
		say_leaked(printer, totals);
		return;
	}
	if (totals->reasons > 0) {
		bool accepted = totals->reasons == totals->accepted;
		print_line(printer, 0, STYLE_WARNING, "%s",
				   accepted ? "pqleak: nothing leaked as far as could be seen (--allow-unseen)"
							: "pqleak: cannot tell whether anything leaked");
		say_unseen_names(printer, db, true);
		if (totals->processes == 0)
			say_unseen_names(printer, db, false);
		say_leaked(printer, totals);
		return;
	}
	if (totals_shown(totals) > 0 || totals_leaked(totals) > 0) {
		print_line(printer, 0, STYLE_GOOD,
				   totals_leaked(totals) > 0 ? "pqleak: nothing leaked except what is known"
											 : "pqleak: no connections or results leaked");
		say_leaked(printer, totals);
		return;
	}
	int64_t connections = totals_acquired(totals, KIND_CONNECTION);
	int64_t results = totals_acquired(totals, KIND_RESULT);
	append_count(text, "", totals_of(totals, VERDICT_OPEN_AT_DEATH), "", "open at death");
	append_count(text, ", ", totals_of(totals, VERDICT_OPEN), "", "still open");
	if (text[0] != '\0') { /* findings and a summary follow */
		print_line(printer, 0, STYLE_GOOD, "pqleak: nothing leaked, %s", text);
		return;
	}
	print_line(printer, 0, STYLE_GOOD,
			   "pqleak: nothing leaked (%" PRId64 " connection%s, %" PRId64 " result%s, %" PRId64 " process%s)",
			   connections, plural(connections), results, plural(results), totals->processes,
			   totals->processes == 1 ? "" : "es");
	say_unseen_names(printer, db, false);
}

/* Where nothing else was intercepted it is among the reasons. */
static void say_killed_early(const struct printer *printer, sqlite3 *db, const struct totals *totals)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT pid, signal FROM killed_early ORDER BY pid");

	while (totals->processes > 0 && query_next(row, NULL))
		print_line(printer, 0, STYLE_WARNING, "pqleak: process %d was killed by %s before it called libpq",
				   sqlite3_column_int(row, 0), query_text(row, 1));
}

void text_headline(const struct printer *printer, sqlite3 *db, const struct report_choice *choice,
				   const struct totals *totals)
{
	say_leaks(printer, db, totals);
	say_killed_early(printer, db, totals);
	say_more(printer, db, choice, totals);
}
