// SPDX-License-Identifier: PostgreSQL
/*
 * totals.c - what a text report says of the whole trace: its first lines, and the numbers at its end.
 */
#include "analyzer/text/text.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/base/columns.h"
#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/findings/gate.h"

#define REASONS_SHOWN 5
#define SENTENCE 256

/* Adds a count with words before and after it to a sentence; what is 0 is not told. */
static void append_count(char text[SENTENCE], const char *separator, int64_t count, const char *before,
						 const char *after)
{
	if (count == 0)
		return;
	snprintf(text + strlen(text), SENTENCE - strlen(text), "%s%" PRId64 " %s%s%s", text[0] != '\0' ? separator : "",
			 count, before, before[0] != '\0' ? plural(count) : "", after);
}

/* --- the names of programs that were out of sight; why they were, say_reasons says --- */

#define UNSEEN_NAMES 512
#define NAMES_SHOWN 3
#define LONGEST_NAME 150

/* Each program once, with its script, the first by name: relays, programs that spoke, or others. */
static const char names_sql[] =
	"SELECT DISTINCT basename(exe) || iif(how NOT IN ('protocol', 'bypassed', 'namespace') AND module <> '',"
	"                                     ' ' || basename(module), '') AS name"
	" FROM unseen_text WHERE iif(how = 'relay', 'relay', iif(spoke, 'spoke', 'passed')) = ? ORDER BY name";

/* How many there are; `text` names the first. */
static int64_t list_names(sqlite3 *db, const char *which, char text[UNSEEN_NAMES])
{
	QUERY_CLEANUP row = query_with(db, names_sql, AS_TEXT(which));
	int64_t count = 0;
	size_t used = 0;

	text[0] = '\0';
	while (query_next(row, NULL))
		if (count++ < NAMES_SHOWN)
			used += (size_t)snprintf(text + used, UNSEEN_NAMES - used, "%s%.*s", count > 1 ? ", " : "", LONGEST_NAME,
									 query_text(row, 0));
	if (count > NAMES_SHOWN)
		snprintf(text + used, UNSEEN_NAMES - used, " and %" PRId64 " more", count - NAMES_SHOWN);
	return count;
}

static void say_unseen_names(const struct printer *printer, sqlite3 *db, bool spoke)
{
	char names[UNSEEN_NAMES];

	if (list_names(db, spoke ? "spoke" : "passed", names) > 0)
		print_line(printer, 0, STYLE_PLAIN, "pqleak: unseen: %s", names);
	if (!spoke && list_names(db, "relay", names) > 0)
		print_line(printer, 0, STYLE_PLAIN, "pqleak: only forwarding: %s", names);
}

static void say_unseen(const struct printer *printer, sqlite3 *db, int width)
{
	char names[UNSEEN_NAMES];
	int64_t count = list_names(db, "passed", names);

	if (count > 0)
		print_field(printer, 2, STYLE_PLAIN, width, "out of sight",
					"%" PRId64 " program%s with no sign of PostgreSQL: %s", count, plural(count), names);
	count = list_names(db, "relay", names);
	if (count > 0)
		print_field(printer, 2, STYLE_PLAIN, width, "relays",
					"%" PRId64 " program%s that only forward%s the PostgreSQL of others: %s", count, plural(count),
					count == 1 ? "s" : "", names);
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

static bool some_misuse_fails(const struct gate *gate)
{
	bool any = false;

	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		any = any || (!misuse_by_design((enum misuse_kind)m) && gate_fails_misuse(gate, (enum misuse_kind)m));
	return any;
}

static void say_more(const struct printer *printer, const struct report_choice *choice, const struct totals *totals)
{
	int64_t misuses = totals_misuse(totals);

	say_gate(printer, &choice->gate, totals);
	if (misuses > 0)
		print_line(printer, 0, STYLE_BAD, "pqleak: %" PRId64 " misuse%s of connections and results%s", misuses,
				   plural(misuses), some_misuse_fails(&choice->gate) ? "" : " (--fail-on ignores misuse)");
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
	say_more(printer, choice, totals);
}

static bool has_line(const struct totals *totals, enum resource_kind kind)
{
	return kind_fails(kind) || totals_acquired(totals, kind) > 0;
}

/* The numbers stand below each other. */
static int label_width(const struct totals *totals)
{
	int width = 12;

	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		if (has_line(totals, (enum resource_kind)k) && width < text_columns(kind_noun((enum resource_kind)k, 0)))
			width = text_columns(kind_noun((enum resource_kind)k, 0));
	return width;
}

static void say_processes(const struct printer *printer, sqlite3 *db, const struct totals *totals)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT count(*), CASE WHEN end IS NULL THEN 'running'"
										  " WHEN end IN ('exit', '_exit', 'quick_exit') THEN 'exited'"
										  " WHEN end = 'exec' THEN 'replaced by exec' WHEN end = 'abort' THEN 'aborted'"
										  " WHEN end = 'unknown' THEN 'end unknown' ELSE end END AS fate"
										  " FROM process GROUP BY fate ORDER BY 1 DESC, 2");
	char text[SENTENCE] = "";

	while (query_next(row, NULL))
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d %s", text[0] != '\0' ? ", " : "",
				 sqlite3_column_int(row, 0), query_text(row, 1));
	print_field(printer, 2, STYLE_PLAIN, label_width(totals), "processes", "%" PRId64 "%s%s", totals->processes,
				text[0] != '\0' ? ": " : "", text);
}

static void append_by(char text[SENTENCE], int64_t count, const char *what)
{
	if (count > 0)
		snprintf(text + strlen(text), SENTENCE - strlen(text), "%s%" PRId64 " by %s", text[0] != '\0' ? ", " : "",
				 count, what);
}

/* How what was released was given back, where the code did not do it all. */
static void append_manners(char text[SENTENCE], const struct totals *totals, enum resource_kind kind)
{
	const int64_t *count = totals->manner[kind];
	char manners[SENTENCE] = "";

	for (int m = 0; m < MANNER_COUNT; m++)
		if (m != MANNER_UNKNOWN)
			append_by(manners, count[m], manner_name((enum manner)m));
	append_count(manners, ", ", count[MANNER_UNKNOWN], "", "nobody knows how");
	if (count[MANNER_EXIT] + count[MANNER_THREAD] + count[MANNER_COLLECTOR] > 0)
		snprintf(text + strlen(text), SENTENCE - strlen(text), " (%s)", manners);
}

static void say_kind(const struct printer *printer, const struct totals *totals, enum resource_kind kind)
{
	const int64_t *count = totals->count[kind];
	char text[SENTENCE] = "";

	append_count(text, ", ", count[VERDICT_RELEASED], "", kind_released(kind));
	append_manners(text, totals, kind);
	append_count(text, ", ", count[VERDICT_LEAKED], "", kind_fails(kind) ? "leaked" : kind_unreleased(kind));
	append_count(text, ", ", count[VERDICT_OPEN_AT_DEATH], "", "open at death");
	append_count(text, ", ", count[VERDICT_OPEN], "", "still open");
	append_count(text, ", ", count[VERDICT_CANNOT_TELL], "", verdict_words(kind, VERDICT_CANNOT_TELL));
	print_field(printer, 2, STYLE_PLAIN, label_width(totals), kind_noun(kind, 0), "%" PRId64 "%s%s",
				totals_acquired(totals, kind), text[0] != '\0' ? ": " : "", text);
	if (kind == KIND_CONNECTION && totals->failed > 0)
		print_field(printer, 2, STYLE_PLAIN, label_width(totals), "",
					"%" PRId64 " of them failed to connect and must be finished too", totals->failed);
}

static void say_peak(const struct printer *printer, sqlite3 *db, const struct totals *totals)
{
	const struct peak *peak = &totals->peak;
	char when[TIME_TEXT];
	QUERY_CLEANUP row = query_with(db, "SELECT pid FROM process WHERE id = ?", AS_NUMBER(peak->process));

	if (peak->open < 2 || !query_next(row, NULL))
		return;
	format_time(when, peak->at_ns, TIME_SECONDS);
	if (peak->whole)
		print_field(printer, 2, STYLE_PLAIN, label_width(totals), "peak", "%" PRId64 " connections open at once, %s",
					peak->open, when);
	else
		print_field(printer, 2, STYLE_PLAIN, label_width(totals), "peak",
					"%" PRId64 " connections open at once in process %s, %s", peak->open, query_text(row, 0), when);
}

/* What runs scripts in stacks that name none of them; and whether these are of calls that come often, none of which has
 * lines. */
static const char lineless_sql[] =
	"WITH runs AS MATERIALIZED (SELECT m.id AS module, i.what FROM module m JOIN interpreter i ON m.path GLOB "
	"i.pattern),"
	" told AS MATERIALIZED (SELECT f.stack, f.kind NOT IN ('connection', 'transaction') AS often,"
	"                       f.stack IN (SELECT stack FROM script_stack) AS lines FROM finding f)"
	" SELECT r.what, max(f.often) AND NOT EXISTS (SELECT 1 FROM told o WHERE o.often AND o.lines)"
	" FROM told f CROSS JOIN stack_frame s ON s.stack = f.stack JOIN frame x ON x.id = s.frame"
	" JOIN runs r ON r.module = x.module"
	" WHERE NOT f.lines AND NOT EXISTS (SELECT 1 FROM stack_frame j JOIN frame_call c ON c.frame = j.frame"
	"                                   WHERE j.stack = f.stack AND c.module = '[jit]' AND c.function IS NOT NULL)"
	" GROUP BY r.what";

static const struct {
	const char *what, *why, *helps;
} lineless[] = {
#define LINELESS(what, why, helps) {what, why, helps},
#define RARE(what) {what, NULL, NULL},
#include "analyzer/words/lineless.def"
};

static void say_lineless(const struct printer *printer, sqlite3 *db, int width)
{
	QUERY_CLEANUP row = query_prepare(db, lineless_sql);

	while (query_next(row, NULL))
		for (size_t i = 0; i < sizeof lineless / sizeof lineless[0]; i++) {
			if (strcmp(lineless[i].what, query_text(row, 0)) != 0)
				continue;
			if (lineless[i].why != NULL)
				print_field(printer, 2, STYLE_PLAIN, width, "lines", "none of %s, for %s; %s", lineless[i].what,
							lineless[i].why, lineless[i].helps);
			else if (sqlite3_column_int(row, 1) != 0)
				print_field(
					printer, 2, STYLE_PLAIN, width, "lines",
					"%s's are missing with queries and results; pqleak run --lines=all has them with every call",
					lineless[i].what);
		}
}

static bool are_events_dropped(sqlite3 *db)
{
	return query_number(db, "SELECT EXISTS (SELECT 1 FROM process WHERE dropped > 0)", 0) != 0;
}

static void say_reasons(const struct printer *printer, sqlite3 *db, const struct totals *totals)
{
	QUERY_CLEANUP row = query_with(db, "SELECT reason FROM found_reason LIMIT ?", AS_NUMBER(REASONS_SHOWN));

	if (totals->accepted == totals->reasons)
		print_line(printer, 0, STYLE_WARNING, "Out of sight, but accepted:");
	else
		print_line(printer, 0, STYLE_WARNING, "This trace is incomplete%s",
				   are_events_dropped(db)      ? "; there may be more or fewer leaks than it shows:"
				   : totals_leaked(totals) > 0 ? "; there may be more leaks than it shows:"
											   : ":");
	while (query_next(row, NULL))
		print_line(printer, 2, STYLE_WARNING, "%s", query_text(row, 0));
	if (totals->reasons > REASONS_SHOWN)
		print_line(printer, 2, STYLE_WARNING, "... and %" PRId64 " more (pqleak sql TRACE 'SELECT * FROM cannot_tell')",
				   totals->reasons - REASONS_SHOWN);
}

/* The reason nobody expects deserves an explanation. */
static void explain_nothing_seen(const struct printer *printer)
{
	print_line(
		printer, 0, STYLE_WARNING,
		"No call of libpq was intercepted.  Either the program never called libpq, or pqleak could not see it: a "
		"setuid or statically linked program, a hidden static libpq, or a driver that speaks the protocol itself "
		"(asyncpg, node pg, JDBC).");
}

void text_summary(const struct printer *printer, const struct reading *reading, const struct totals *totals)
{
	int64_t unseen = query_number(reading->db, "SELECT ifnull(sum(unseen_releases), 0) FROM process", 0);

	if (totals->processes == 0) {
		explain_nothing_seen(printer);
		if (totals->reasons > 1)
			say_reasons(printer, reading->db, totals);
		return;
	}
	print_line(printer, 0, STYLE_STRONG, "Summary of %s", reading->path);
	say_processes(printer, reading->db, totals);
	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		if (has_line(totals, (enum resource_kind)k))
			say_kind(printer, totals, (enum resource_kind)k);
	say_peak(printer, reading->db, totals);
	if (unseen > 0)
		print_field(printer, 2, STYLE_PLAIN, label_width(totals), "unseen",
					"%" PRId64 " release%s not seen (the address came back)", unseen, unseen == 1 ? " was" : "s were");
	say_unseen(printer, reading->db, label_width(totals));
	say_lineless(printer, reading->db, label_width(totals));
	if (totals->reasons > 0)
		say_reasons(printer, reading->db, totals);
}
