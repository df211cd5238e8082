// SPDX-License-Identifier: PostgreSQL
/*
 * timeline.c - see timeline.h.
 *
 * One scan of the connections in the order in which they were opened, which
 * SQLite sorts; series.c does the rest, and its buckets become rows.
 */
#include "analyzer/timeline/timeline.h"

#include <stdlib.h>

#include "analyzer/base/array.h"
#include "analyzer/base/query.h"
#include "analyzer/timeline/series.h"

extern const char places_sql[], marks_sql[], lane_spans_sql[];

#define MADE                                                                                                           \
	"timeline_place timeline_member timeline_site timeline_finding timeline_connection timeline_span timeline "        \
	"timeline_bucket "                                                                                                 \
	"timeline_part timeline_mark"

/* Which line a stack counts for, by what became of the connection. */
struct place {
	int64_t stack;
	int what;
	size_t line;
	int64_t count, left;
};

struct places {
	struct place *items;
	size_t count;
};

static void places_done(struct places *places)
{
	free(places->items);
}

static bool places_read(sqlite3 *db, struct places *places)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT stack, what, site FROM timeline_place ORDER BY stack, what");
	bool failed = false;

	while (query_next(row, &failed)) {
		if (!array_room(places->items, places->count))
			return false;
		int64_t site = sqlite3_column_int64(row, 2);
		places->items[places->count++] = (struct place){.stack = sqlite3_column_int64(row, 0),
														.what = sqlite3_column_int(row, 1),
														.line = site <= TIMELINE_SITES ? (size_t)site : 0};
	}
	return !failed;
}

static int compare(const void *one, const void *other)
{
	const struct place *a = one, *b = other;

	if (a->stack != b->stack)
		return a->stack < b->stack ? -1 : 1;
	return a->what - b->what;
}

static struct place *place_of(const struct places *places, int64_t stack, int what)
{
	struct place key = {.stack = stack, .what = what};

	return places->count > 0 ? bsearch(&key, places->items, places->count, sizeof key, compare) : NULL;
}

enum { C_STACK, C_WHAT, C_CONNECTED, C_KNOWN, C_ACQUIRED, C_OPEN, C_CLOSE, C_LEFT };

static bool visit(struct series *series, const struct places *places, sqlite3_stmt *row)
{
	struct place *place = place_of(places, sqlite3_column_int64(row, C_STACK), sqlite3_column_int(row, C_WHAT));
	int64_t acquired_ns = sqlite3_column_int64(row, C_ACQUIRED), open_ns = sqlite3_column_int64(row, C_OPEN);
	/* What is in no place counts with the rest. */
	size_t line = place != NULL ? place->line : 0;
	int left = sqlite3_column_int(row, C_LEFT);

	if (place != NULL) {
		place->count++;
		place->left += left;
	}
	if (sqlite3_column_int(row, C_CONNECTED) == 0) {
		series_fail(series, line, acquired_ns);
		return true;
	}
	series->line[line].left += left;
	if (sqlite3_column_int(row, C_KNOWN) == 0) {
		series_count(series, line, open_ns);
		return true;
	}
	int64_t close_ns =
		sqlite3_column_type(row, C_CLOSE) == SQLITE_NULL ? SERIES_NEVER : sqlite3_column_int64(row, C_CLOSE);
	return series_add(series, line, acquired_ns, open_ns, close_ns);
}

static bool places_store(sqlite3 *db, const struct places *places)
{
	QUERY_CLEANUP update =
		query_prepare(db, "UPDATE timeline_place SET count = ?3, left = ?4 WHERE stack = ?1 AND what = ?2");
	bool done = update != NULL;

	for (size_t i = 0; i < places->count && done; i++)
		if (places->items[i].count > 0)
			done = query_put(update, AS_NUMBER(places->items[i].stack), AS_NUMBER(places->items[i].what),
							 AS_NUMBER(places->items[i].count), AS_NUMBER(places->items[i].left));
	return done;
}

static bool sweep(sqlite3 *db, struct series *series)
{
	__attribute__((cleanup(places_done))) struct places places = {.items = NULL};
	QUERY_CLEANUP row =
		query_prepare(db, "SELECT stack, what, is_connected, is_known, acquired_ns, open_ns, close_ns, is_left"
						  " FROM timeline_connection ORDER BY open_ns");
	bool failed = !places_read(db, &places);

	while (!failed && query_next(row, &failed))
		failed = !visit(series, &places, row);
	series_finish(series);
	return !failed && places_store(db, &places);
}

static bool store_buckets(sqlite3_stmt *insert, const struct series_line *line, int64_t site, int count)
{
	bool done = true;

	for (int i = 0; i < count && done; i++) {
		const struct series_bucket *b = &line->buckets[i];
		if (b->most + b->opened + b->closed + b->failed > 0)
			done = query_put(insert, AS_NUMBER(site), AS_NUMBER(i), AS_NUMBER(b->most), AS_NUMBER(b->most_ns),
							 AS_NUMBER(b->opened), AS_NUMBER(b->closed), AS_NUMBER(b->failed));
	}
	return done;
}

static const char site_sql[] =
	"UPDATE timeline_site SET opened = ?2, failed = ?3, most = ?4, most_ns = nullif(?5, 0), left = ?6,"
	" held_half_ns = nullif(?7, -1), held_most_ns = nullif(?8, -1), held_longest_ns = iif(?7 < 0, NULL, ?9) WHERE site "
	"= ?1";

static bool store_line(sqlite3 *db, const struct series *series, const struct series_line *line, int64_t site)
{
	double growth;
	bool done =
		query_once(db, site_sql, AS_NUMBER(site), AS_NUMBER(line->opened), AS_NUMBER(line->failed),
				   AS_NUMBER(line->most), AS_NUMBER(line->most_ns), AS_NUMBER(line->left),
				   AS_NUMBER(series_held(line, 0.5)), AS_NUMBER(series_held(line, 0.99)), AS_NUMBER(line->longest_ns));

	/* In thousandths: parameters are whole numbers. */
	if (done && series_growth(series, line, &growth))
		done = query_once(db, "UPDATE timeline_site SET growth = ?2 / 1000.0 WHERE site = ?1", AS_NUMBER(site),
						  AS_NUMBER((int64_t)(growth * 1000)));
	return done;
}

static bool store_parts(sqlite3 *db, const struct series *series)
{
	QUERY_CLEANUP insert = query_prepare(db, "INSERT INTO timeline_part VALUES (?, ?, ?)");
	bool done = insert != NULL;

	for (int i = 0; i < series->count; i++)
		for (int part = 0; part < SERIES_PARTS && done; part++)
			if (series->parts[i][part] > 0)
				done = query_put(insert, AS_NUMBER(i), AS_NUMBER(part), AS_NUMBER(series->parts[i][part]));
	return done;
}

static const char whole_sql[] = "INSERT INTO timeline SELECT ?, ?, ?, ?, ?, nullif(?, 0), ?, ?, (SELECT count(*) FROM "
								"timeline_site WHERE site > 0),"
								" (SELECT count(*) FROM main.process WHERE dropped > 0)";

/* What had a place, but opened nothing, and of which no finding speaks; and the notes, whose place is known now. */
static const char settle_sql[] =
	"DELETE FROM timeline_site WHERE finding IS NULL AND ifnull(opened, 0) + ifnull(failed, 0) = 0"
	" AND site <= 200;"
	"UPDATE timeline_site SET churn = (SELECT sum(n.facts ->> 'connections') FROM note n JOIN timeline_place p"
	" ON p.stack = n.stack AND p.what = 0 WHERE n.sort = 'churn' AND p.site = timeline_site.site)";

static bool store(sqlite3 *db, const struct series *series)
{
	const struct series_line *all = &series->all;
	QUERY_CLEANUP insert = query_prepare(db, "INSERT INTO timeline_bucket VALUES (?, ?, ?, ?, ?, ?, ?)");
	bool done =
		insert != NULL && query_once(db, whole_sql, AS_NUMBER(series->from_ns), AS_NUMBER(series->to_ns),
									 AS_NUMBER(series->width_ns), AS_NUMBER(series->count), AS_NUMBER(all->most),
									 AS_NUMBER(all->most_ns), AS_NUMBER(all->opened), AS_NUMBER(all->failed));

	done = done && store_buckets(insert, all, 0, series->count);
	for (size_t i = 1; i < series->lines && done; i++)
		done = store_buckets(insert, &series->line[i], (int64_t)i, series->count) &&
			   store_line(db, series, &series->line[i], (int64_t)i);
	if (done && series->line[0].opened + series->line[0].failed > 0)
		done = query_run(db, "INSERT INTO timeline_site (site, abandoned)"
							 " SELECT -1, sum(abandoned) FROM timeline_site WHERE site > 200") &&
			   store_buckets(insert, &series->line[0], -1, series->count) &&
			   store_line(db, series, &series->line[0], -1);
	return done && store_parts(db, series) && query_run(db, settle_sql);
}

bool timeline_make(sqlite3 *db, int buckets)
{
	if (!query_drop(db, MADE) || !query_run(db, places_sql) || !query_run(db, marks_sql))
		return false;
	int64_t sites = query_number(db, "SELECT min(max(site), 200) FROM timeline_site", 0);
	QUERY_CLEANUP span = query_prepare(db, "SELECT from_ns, to_ns FROM timeline_span");
	if (!query_next(span, NULL))
		return false;
	struct series series;
	bool done =
		series_begin(&series, sqlite3_column_int64(span, 0), sqlite3_column_int64(span, 1), buckets, (size_t)sites + 1);

	done = done && sweep(db, &series) && store(db, &series);
	series_done(&series);
	return done;
}

bool lanes_make(sqlite3 *db)
{
	return query_drop(db, "lane_span lane_point") && query_run(db, lane_spans_sql);
}
