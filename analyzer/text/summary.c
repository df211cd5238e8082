// SPDX-License-Identifier: PostgreSQL
/*
 * summary.c - the end of a text report: the numbers, and why the trace cannot prove more than it says.
 */
#include <inttypes.h>
#include <string.h>

#include "analyzer/base/columns.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/text/counts.h"
#include "analyzer/text/text.h"

#define PEAK_SITES 512
#define PEAK_SITES_SHOWN 3
#define REASONS_SHOWN 5

static void say_unseen(const struct printer *printer, sqlite3 *db, int width)
{
	char names[UNSEEN_NAMES];
	int64_t count = list_unseen(db, "passed", names);

	if (count > 0)
		print_field(printer, 2, STYLE_PLAIN, width, "out of sight",
					"%" PRId64 " program%s with no sign of PostgreSQL: %s", count, plural(count), names);
	count = list_unseen(db, "relay", names);
	if (count > 0)
		print_field(printer, 2, STYLE_PLAIN, width, "relays",
					"%" PRId64 " program%s that only forward%s the PostgreSQL of others: %s", count, plural(count),
					count == 1 ? "s" : "", names);
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

/*
 * The sites that held most of them: ": 12 by get_state (state.py:8), 1 by main (app.py:2)"; and how many nobody looked
 * for, because the trace is large.
 */
static void list_peak_sites(sqlite3 *db, const struct peak *peak, char text[PEAK_SITES])
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT p.open, ifnull(short_name(s.head) || s.tail, 'an unknown place')"
										  " FROM found_peak_site p LEFT JOIN site s ON s.stack = p.acquire_stack"
										  " ORDER BY p.open DESC, 2");
	size_t length = 0;
	int count = 0;
	int64_t unknown = peak->looked ? 0 : peak->open;

	text[0] = '\0';
	while (query_next(row, NULL)) {
		unknown -= sqlite3_column_int64(row, 0);
		if (count++ < PEAK_SITES_SHOWN && length < PEAK_SITES)
			length += (size_t)snprintf(text + length, PEAK_SITES - length, "%s%s by %s", count > 1 ? ", " : ": ",
									   query_text(row, 0), query_text(row, 1));
	}
	if (count > PEAK_SITES_SHOWN && length < PEAK_SITES)
		length += (size_t)snprintf(text + length, PEAK_SITES - length, " and %d more", count - PEAK_SITES_SHOWN);
	if (unknown > 0 && length < PEAK_SITES)
		snprintf(text + length, PEAK_SITES - length, "%s%" PRId64 " by places that only --all looks for",
				 count > 0 ? ", " : ": ", unknown);
}

static void say_peak(const struct printer *printer, sqlite3 *db, const struct totals *totals)
{
	char sites[PEAK_SITES], where[64] = "";
	const struct peak *peak = &totals->peak;
	char when[TIME_TEXT];
	QUERY_CLEANUP row = query_with(db, "SELECT pid FROM process WHERE id = ?", AS_NUMBER(peak->process));

	if (peak->open < 2 || !query_next(row, NULL))
		return;
	format_time(when, peak->at_ns, TIME_SECONDS);
	list_peak_sites(db, peak, sites);
	if (!peak->whole)
		snprintf(where, sizeof where, " in process %s", query_text(row, 0));
	print_field(printer, 2, STYLE_PLAIN, label_width(totals), "peak", "%" PRId64 " connections open at once%s, %s%s",
				peak->open, where, when, sites);
}

/*
 * What runs scripts in stacks that name none of them; whether these are of calls that come often, none of which has
 * lines; and whether a module of it is in no stack that has any.
 */
static const char lineless_sql[] =
	"WITH runs AS MATERIALIZED (SELECT m.id AS module, i.what FROM module m JOIN interpreter i ON m.path GLOB "
	"i.pattern),"
	" told AS MATERIALIZED (SELECT f.stack, f.kind NOT IN ('connection', 'transaction') AS often,"
	"                       f.stack IN (SELECT stack FROM script_stack) AS lines FROM finding f),"
	" lined AS MATERIALIZED (SELECT DISTINCT x.module FROM script_stack o JOIN stack_frame s ON s.stack = o.stack"
	"                        JOIN frame x ON x.id = s.frame)"
	" SELECT r.what, max(f.often) AND NOT EXISTS (SELECT 1 FROM told o WHERE o.often AND o.lines),"
	"        min(r.module NOT IN (SELECT module FROM lined WHERE module IS NOT NULL))"
	" FROM told f CROSS JOIN stack_frame s ON s.stack = f.stack JOIN frame x ON x.id = s.frame"
	" JOIN runs r ON r.module = x.module"
	" WHERE NOT f.lines AND NOT EXISTS (SELECT 1 FROM stack_frame j JOIN frame_call c ON c.frame = j.frame"
	"                                   WHERE j.stack = f.stack AND c.module = '[jit]' AND c.function IS NOT NULL)"
	" GROUP BY r.what";

static const struct {
	const char *what, *why, *helps;
	bool is_never; /* no script of it is walked */
} lineless[] = {
#define LINELESS(what, why, helps) {what, why, helps, true},
#define RARE(what, why, helps) {what, why, helps, false},
#include "analyzer/words/lineless.def"
};

static void say_lineless(const struct printer *printer, sqlite3 *db, int width)
{
	QUERY_CLEANUP row = query_prepare(db, lineless_sql);

	while (query_next(row, NULL))
		for (size_t i = 0; i < sizeof lineless / sizeof lineless[0]; i++) {
			if (strcmp(lineless[i].what, query_text(row, 0)) != 0)
				continue;
			if (lineless[i].is_never || sqlite3_column_int(row, 2) != 0)
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
