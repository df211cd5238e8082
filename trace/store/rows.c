// SPDX-License-Identifier: PostgreSQL
/* rows.c - the order in which rows are saved and taken up, what is only counted, and kept events. */
#include "trace/store/rows.h"

#include "trace/base/names.h"

/* --- what is only counted, under its stacks: matched acquires and releases, and misuse --- */

/* min: a sum too large for an integer would become a real number. */
static const char add_pair[] =
	"INSERT INTO fold (process, kind, acquire_stack, release_stack, count, total_ns, longest_ns, longest_idle_ns,"
	" idle_stack, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO UPDATE SET"
	" count = count + excluded.count,"
	" total_ns = min(total_ns + excluded.total_ns, 9223372036854775807),"
	" longest_ns = max(longest_ns, excluded.longest_ns),"
	" idle_stack = CASE WHEN excluded.longest_idle_ns > longest_idle_ns THEN excluded.idle_stack"
	" ELSE idle_stack END,"
	" longest_idle_ns = max(longest_idle_ns, excluded.longest_idle_ns)";

static const char *const outcomes[OUTCOME_COUNT] = {
	[OUTCOME_NONE] = "",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_CONNECTING] = "connecting",
};

/* 0 stands for a stack of which there is none, unlike one that could not be taken. */
static int64_t stack_or_none(const struct rows *rows, uint32_t number)
{
	return number != 0 ? blobs_row(rows->blobs, BLOB_STACK, number) : 0;
}

static const char add_reuse[] = "INSERT INTO reuse (process, acquire_stack, use_stack, count, inside_stack)"
								" VALUES (?1, ?2, ?3, ?4, ?5)"
								" ON CONFLICT DO UPDATE SET count = count + excluded.count";

static int save_reuse(struct rows *rows, const struct fold_pair *pair)
{
	sqlite3_stmt *stmt = statement(&rows->statements, add_reuse);
	sqlite3_bind_int64(stmt, 1, rows->process);
	bind_stack(rows, stmt, 2, pair->acquire_stack);
	bind_stack(rows, stmt, 3, pair->release_stack);
	sqlite3_bind_int64(stmt, 4, (int64_t)pair->count);
	sqlite3_bind_int64(stmt, 5, stack_or_none(rows, pair->idle_stack));
	return statement_run(&rows->statements, stmt);
}

static int save_pair(struct rows *rows, const struct fold_pair *pair)
{
	if (pair->kind == KIND_NONE)
		return pair->count != 0 ? save_reuse(rows, pair) : SQLITE_OK;
	sqlite3_stmt *stmt = statement(&rows->statements, add_pair);
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_text(stmt, 2, kind_name(pair->kind), -1, SQLITE_STATIC);
	bind_stack(rows, stmt, 3, pair->acquire_stack);
	bind_stack(rows, stmt, 4, pair->release_stack);
	sqlite3_bind_int64(stmt, 5, (int64_t)pair->count);
	sqlite3_bind_int64(stmt, 6, (int64_t)pair->total_ns);
	sqlite3_bind_int64(stmt, 7, (int64_t)pair->longest_ns);
	bind_bounded(stmt, 8, pair->longest_idle_ns);
	if (pair->longest_idle_ns != 0)
		bind_stack(rows, stmt, 9, pair->idle_stack);
	sqlite3_bind_text(stmt, 10, outcomes[pair->outcome], -1, SQLITE_STATIC);
	return statement_run(&rows->statements, stmt);
}

static const char add_misuse[] =
	"INSERT INTO misuse (process, kind, stack, acquire_stack, release_stack, function, connection, count, first_ns,"
	" last_ns, inherited) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO UPDATE SET"
	" count = count + excluded.count, last_ns = max(last_ns, excluded.last_ns)";

static int save_misuse(struct rows *rows, const struct fold_misuse *misuse)
{
	sqlite3_stmt *stmt = statement(&rows->statements, add_misuse);
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_text(stmt, 2, misuse_name(misuse->kind), -1, SQLITE_STATIC);
	bind_stack(rows, stmt, 3, misuse->stack);
	sqlite3_bind_int64(stmt, 4, stack_or_none(rows, misuse->acquire_stack));
	sqlite3_bind_int64(stmt, 5, stack_or_none(rows, misuse->release_stack));
	bind_text(rows, stmt, 6, misuse->function, "");
	bind_row(stmt, 7, misuse->connection);
	sqlite3_bind_int64(stmt, 8, (int64_t)misuse->count);
	bind_time(rows, stmt, 9, misuse->first);
	bind_time(rows, stmt, 10, misuse->last);
	sqlite3_bind_int64(stmt, 11, misuse_is_in_child(misuse->kind) ? misuse->connection : 0);
	return statement_run(&rows->statements, stmt);
}

static const char add_pile[] =
	"INSERT INTO pile (process, kind, acquire_stack, most, most_ns, until_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	" ON CONFLICT DO UPDATE SET most = excluded.most, until_ns = excluded.until_ns,"
	" most_ns = iif(excluded.most > most, excluded.most_ns, most_ns) WHERE excluded.most >= most";

/* What was one at a time is no pile. */
static int save_pile(struct rows *rows, const struct fold_pile *pile)
{
	if (!pile->is_changed || pile->most < 2)
		return SQLITE_OK;
	sqlite3_stmt *stmt = statement(&rows->statements, add_pile);
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_text(stmt, 2, kind_name(pile->kind), -1, SQLITE_STATIC);
	bind_stack(rows, stmt, 3, pile->stack);
	sqlite3_bind_int64(stmt, 4, pile->most);
	bind_time(rows, stmt, 5, pile->most_at);
	if (pile->until != 0)
		bind_time(rows, stmt, 6, pile->until);
	return statement_run(&rows->statements, stmt);
}

static int save_counts(struct rows *rows, const struct fold *fold)
{
	int rc = SQLITE_OK;
	const struct fold_pair *pairs = fold->pairs.items;
	for (uint32_t i = 0; i < fold->pairs.count && rc == SQLITE_OK; i++)
		rc = save_pair(rows, &pairs[i]);
	const struct fold_pile *piles = fold->piles.items;
	for (uint32_t i = 0; i < fold->piles.count && rc == SQLITE_OK; i++)
		rc = save_pile(rows, &piles[i]);
	const struct fold_misuse *misuses = fold->misuses.items;
	for (uint32_t i = 0; i < fold->misuses.count && rc == SQLITE_OK; i++)
		rc = save_misuse(rows, &misuses[i]);
	return rc;
}

/* --- all of it --- */

int rows_save(struct rows *rows, struct fold *fold)
{
	int rc = connections_save(rows, fold);
	if (rc == SQLITE_OK)
		rc = resources_save(rows, fold);
	if (rc == SQLITE_OK)
		rc = save_counts(rows, fold);
	if (rc == SQLITE_OK)
		fold_saved(fold);
	return rc;
}

int rows_load(struct rows *rows, struct fold *fold)
{
	struct map stacks = {0}, indexes = {0};
	int rc = blobs_index_stacks(rows->blobs, &stacks) ? SQLITE_OK : SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		rc = connections_load(rows, fold, &stacks, &indexes);
	if (rc == SQLITE_OK)
		rc = resources_load(rows, fold, &stacks, &indexes);
	map_done(&stacks);
	map_done(&indexes);
	return rc;
}

int rows_keep_event(struct rows *rows, const struct event *event, uint64_t position)
{
	static const char add[] = "INSERT INTO event (process, number, at_ns, verb, kind, object, parent, function, stack,"
							  " thread, status, transaction_status)"
							  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
	sqlite3_stmt *stmt = statement(&rows->statements, add);
	sqlite3_bind_int64(stmt, 1, rows->process);
	sqlite3_bind_int64(stmt, 2, (int64_t)position);
	bind_time(rows, stmt, 3, event->time);
	const char *verb = verb_name(event->verb);
	sqlite3_bind_text(stmt, 4, verb != NULL ? verb : "damaged", -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 5, kind_name(event->kind), -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 6, (int64_t)event->object);
	sqlite3_bind_int64(stmt, 7, (int64_t)event->parent);
	bind_text(rows, stmt, 8, event->function, NULL);
	if (event->stack != 0)
		bind_stack(rows, stmt, 9, event->stack);
	sqlite3_bind_int64(stmt, 10, event->thread);
	sqlite3_bind_int64(stmt, 11, event->status);
	sqlite3_bind_int64(stmt, 12, event->transaction);
	return statement_run(&rows->statements, stmt);
}
