// SPDX-License-Identifier: PostgreSQL
/*
 * sites.c - the frames of stacks in words; see sites.h.
 */
#include "analyzer/sites/sites.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/array.h"
#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/reading/reading.h"
#include "analyzer/words/function-name.h"

extern const char drivers_sql[], calls_sql[], sites_sql[];

static const char *const role_names[] = {
	[CALL_NATIVE] = "native", [CALL_SCRIPT] = "script", [CALL_INTERPRETER] = "interpreter",
	[CALL_SYSTEM] = "system", [CALL_DRIVER] = "driver", [CALL_RUNNER] = "runner",
};

static bool patterns_use(const struct patterns *patterns, sqlite3 *db, const char *sql)
{
	QUERY_CLEANUP insert = query_prepare(db, sql);
	bool done = true;

	for (size_t i = 0; i < patterns->count && done; i++)
		done = query_put(insert, AS_TEXT(patterns->items[i]));
	return done;
}

bool frames_use(const struct frame_choice *frames, sqlite3 *db)
{
	return patterns_use(&frames->skip, db, "INSERT OR IGNORE INTO skip VALUES (?)") &&
		   patterns_use(&frames->own, db, "INSERT OR IGNORE INTO own VALUES (?)");
}

/* The list is long, and nobody asks where no stack is wanted. */
static bool drivers_fill(sqlite3 *db)
{
	return query_number(db, "SELECT EXISTS (SELECT 1 FROM wanted_stack)", 1) == 0 ||
		   (reading_keep_view(db, "package") && reading_keep_view(db, "driver") &&
			reading_keep_view(db, "driver_function"));
}

bool sites_make(sqlite3 *db, const struct symbol_choice *choice, const char *stacks, const char *named)
{
	char *all = sqlite3_mprintf("%s%s%s", stacks, named != NULL ? " UNION ALL " : "", named != NULL ? named : "");
	char *drop = sqlite3_mprintf("DELETE FROM wanted_stack WHERE stack NOT IN (%s)", stacks);
	bool done = (all != NULL && drop != NULL) || refuse("out of memory");

	done = done && query_drop(db, SITES_MAKE) && symbols_resolve(db, choice, all) &&
		   (named == NULL || query_run(db, drop)) && query_run(db, drivers_sql) && drivers_fill(db) &&
		   query_run(db, calls_sql) && query_run(db, sites_sql);
	sqlite3_free(all);
	sqlite3_free(drop);
	return done;
}

static enum call_role call_role(const char *name)
{
	for (size_t i = 0; i < sizeof role_names / sizeof role_names[0]; i++)
		if (strcmp(name, role_names[i]) == 0)
			return (enum call_role)i;
	return CALL_NATIVE;
}

void calls_done(struct calls *calls)
{
	for (int i = 0; i < calls->count; i++) {
		free(calls->items[i].head);
		free(calls->items[i].tail);
	}
	free(calls->items);
	free(calls->runner);
}

static bool add(struct calls *calls, sqlite3_stmt *row)
{
	struct call call = {.head = strdup(query_text(row, 0)),
						.tail = strdup(query_text(row, 1)),
						.level = sqlite3_column_int(row, 2),
						.depth = sqlite3_column_int(row, 3),
						.role = call_role(query_text(row, 4)),
						.is_outside = sqlite3_column_int(row, 5) != 0,
						.is_start = sqlite3_column_int(row, 6) != 0,
						.is_named = sqlite3_column_int(row, 8) != 0};

	if (call.head == NULL || call.tail == NULL || !array_room(calls->items, calls->count)) {
		free(call.head);
		free(call.tail);
		return false;
	}
	if (calls->runner == NULL)
		calls->runner = strdup(query_text(row, 7));
	calls->items[calls->count++] = call;
	return true;
}

struct calls calls_read(sqlite3 *db, int64_t stack, bool whole)
{
	struct calls calls = {.items = NULL};
	QUERY_CLEANUP row = query_with(db,
								   "SELECT iif(?2, head, short_name(head)), tail, level, depth, role,"
								   " is_outside, is_start, ifnull(runner, ''), function IS NOT NULL"
								   " FROM stack_call WHERE stack = ?1 ORDER BY level, depth",
								   AS_NUMBER(stack), AS_NUMBER(whole));

	while (query_next(row, NULL) && add(&calls, row))
		continue;
	return calls;
}

bool call_is_folded(const struct call *call)
{
	return call->role == CALL_INTERPRETER || call->is_outside || call->is_start;
}
