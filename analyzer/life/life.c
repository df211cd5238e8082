// SPDX-License-Identifier: PostgreSQL
/*
 * life.c - which lives are looked at, twice: before and after stacks have names; see life.h.
 */
#include "analyzer/life/life.h"

#include "analyzer/base/query.h"

extern const char life_wants_sql[], abandoned_members_sql[];

static const char perhaps_sql[] =
	"SELECT id, process, target, 0, acquire_event, used, ended, may, before_event,"
	" iif(before_thread <> use_thread, before_thread, use_thread), moves, acquire_stack, use_stack"
	" FROM life_connection ORDER BY id";
static const char surely_sql[] =
	"SELECT c.id, c.process, c.target, o.place, c.acquire_event, iif(l.connection IS NULL, c.used, c.before_event),"
	" c.ended, c.may, NULL, 0, 0"
	" FROM life_connection c JOIN opening o ON o.stack = c.acquire_stack LEFT JOIN late_use l ON l.connection = c.id"
	" ORDER BY c.id";

/* From the third on, of life_told as t. */
#define ABANDONED_COLUMNS                                                                                              \
	"'abandoned', t.process, t.head, t.pooled, t.manner, t.use_stack, t.used_ns, t.thread, t.place, t.target, "        \
	"t.moves,"                                                                                                         \
	" t.acquire_stack, t.released_ns"

/* Whether all connections of the trace were opened in one place, and what was used last was a use. */
static const char is_one_place_sql[] =
	"SELECT count(DISTINCT o.place) = 1 AND count(o.stack) = count(*) AND NOT EXISTS (SELECT 1 FROM late_use) FROM ("
	"SELECT acquire_stack FROM main.fold WHERE kind = 'connection'"
	" UNION SELECT acquire_stack FROM tally WHERE kind = 'connection' AND NOT released) c"
	" LEFT JOIN opening o ON o.stack = c.acquire_stack";

bool life_fill(sqlite3 *db, const struct report_choice *choice)
{
	struct last_uses last = {0};
	bool done = query_number(db, "SELECT EXISTS (SELECT 1 FROM life_process)", 0) == 0 ||
				(life_scan(db, perhaps_sql, "INSERT INTO perhaps_abandoned VALUES (?, ?, ?)",
						   "INSERT INTO perhaps_late VALUES (?)", "INSERT INTO perhaps_kept VALUES (?, ?)", &last) &&
				 last_uses_write(&last, db));

	(void)choice;
	last_uses_free(&last);
	return done && query_run(db, life_wants_sql);
}

bool abandoned_fill(sqlite3 *db, const struct report_choice *choice)
{
	bool any = query_number(
		db, "SELECT (SELECT count(connection) FROM perhaps_abandoned) + (SELECT count(connection) FROM late_use)", 0);
	bool done = true;

	(void)choice;
	if (any && query_number(db, is_one_place_sql, 0) != 0)
		done = query_run(
			db, "INSERT INTO abandoned SELECT t.connection, a.later, " ABANDONED_COLUMNS
				" FROM perhaps_abandoned a CROSS JOIN life_told t ON t.connection = a.connection WHERE a.grew");
	else if (any)
		done = life_scan(db, surely_sql,
						 "INSERT INTO abandoned SELECT t.connection, ?2, " ABANDONED_COLUMNS
						 " FROM life_told t WHERE t.connection = ?1 AND ?3",
						 NULL, NULL, NULL);
	return done && query_run(db, abandoned_members_sql);
}
