// SPDX-License-Identifier: PostgreSQL
/*
 * show-life.c - one connection from its opening to its end; see show.h.
 *
 * Nothing is cut here: it is where a reader goes who wants everything.
 */
#include "analyzer/commands/show.h"

#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/findings/sites.h"
#include "analyzer/report/text.h"

enum {
	L_VERDICT,
	L_STATE,
	L_PID,
	L_EXE,
	L_COMMAND,
	L_THREAD,
	L_TARGET,
	L_APPLICATION,
	L_VERSION,
	L_SSL,
	L_BACKEND,
	L_ACQUIRED,
	L_CONNECT,
	L_ACQUIRE_FUNCTION,
	L_ACQUIRE_STACK,
	L_USED,
	L_USE_FUNCTION,
	L_USE_STACK,
	L_STATEMENT,
	L_QUERIES,
	L_TRANSACTION,
	L_RELEASED,
	L_RELEASE_THREAD,
	L_RELEASE_STACK,
	L_HELD,
	L_END,
	L_ENDED,
	L_ERROR,
	L_BROKEN,
	L_BROKEN_IDLE,
	L_BROKEN_STACK,
	L_LABEL,
};

static const char life_sql[] =
	"SELECT l.verdict, l.state, l.pid, l.exe, p.command, l.thread, t.text, l.application_name, l.server_version, l.ssl,"
	" l.backend_pid, l.acquired_ns, l.connect_ns, l.acquire_function, l.acquire_stack, l.used_ns, l.use_function,"
	" l.use_stack, l.statement, l.queries, l.transaction_status, l.released_ns, l.release_thread, l.release_stack,"
	" l.held_ns, p.end, p.ended_ns,"
	" c.error, c.broken_ns, c.broken_idle_ns, c.broken_stack, p.label"
	" FROM connection_life l JOIN connection c ON c.id = l.id JOIN process p ON p.id = l.process"
	" LEFT JOIN target_text t ON t.target = c.target WHERE l.id = ?";

static const char stacks_sql[] = "SELECT acquire_stack FROM connection WHERE id = %lld"
								 " UNION SELECT acquire_stack FROM misuse_life WHERE connection = %lld"
								 " UNION SELECT use_stack FROM connection WHERE id = %lld"
								 " UNION SELECT release_stack FROM connection WHERE id = %lld"
								 " UNION SELECT broken_stack FROM connection WHERE id = %lld"
								 " UNION SELECT stack FROM reset WHERE connection = %lld";

static bool has(sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) != SQLITE_NULL;
}

static void print_server(const struct printer *printer, sqlite3_stmt *row)
{
	int version = sqlite3_column_int(row, L_VERSION);

	if (has(row, L_TARGET))
		show_field(printer, "target", "%s", query_text(row, L_TARGET));
	if (query_text(row, L_APPLICATION)[0] != '\0')
		show_field(printer, "name", "%s", query_text(row, L_APPLICATION));
	if (version == 0)
		return;
	char *number = version >= 100000 ? sqlite3_mprintf("%d.%d", version / 10000, version % 10000)
									 : sqlite3_mprintf("%d.%d.%d", version / 10000, version / 100 % 100, version % 100);
	show_field(printer, "server", "PostgreSQL %s, backend %d, %s", number, sqlite3_column_int(row, L_BACKEND),
			   sqlite3_column_int(row, L_SSL) != 0 ? "SSL" : "no SSL");
	sqlite3_free(number);
}

static void print_opened(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row)
{
	char when[TIME_TEXT];
	char took[DURATION_TEXT];
	const char *state = query_text(row, L_STATE);

	if (strcmp(state, "inherited") == 0) {
		show_field(printer, "inherited", "by fork; first seen %s",
				   format_time(when, sqlite3_column_int64(row, L_ACQUIRED), TIME_MILLISECONDS));
	} else {
		show_field(printer, "opened", "%s by %s, %s %s",
				   format_time(when, sqlite3_column_int64(row, L_ACQUIRED), TIME_MILLISECONDS),
				   query_text(row, L_ACQUIRE_FUNCTION),
				   strcmp(state, "failed") == 0       ? "failed after"
				   : strcmp(state, "connecting") == 0 ? "never completed; last seen after"
													  : "took",
				   format_duration(took, sqlite3_column_int64(row, L_CONNECT)));
	}
	if (has(row, L_ERROR))
		show_field(printer, "", "why: %s", query_text(row, L_ERROR));
	part_stack(printer, db, sqlite3_column_int64(row, L_ACQUIRE_STACK), true);
}

/* Of an inherited connection: where the process opened it that this one was forked from. */
static void print_origin(const struct printer *printer, sqlite3 *db, int64_t id)
{
	QUERY_CLEANUP row =
		query_prepare(db, "SELECT m.acquire_stack FROM misuse_life m JOIN connection c ON c.id = m.connection"
						  " WHERE c.id = ? AND c.state = 'inherited' AND m.acquire_stack > 0"
						  " AND NOT misuse_by_design(m.kind) LIMIT 1");

	if (row == NULL)
		return;
	sqlite3_bind_int64(row, 1, id);
	if (!query_next(row, NULL))
		return;
	show_field(printer, "opened", "before the fork, by another process");
	part_stack(printer, db, sqlite3_column_int64(row, 0), true);
}

static void print_broken(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row)
{
	char when[TIME_TEXT];
	char idle[DURATION_TEXT];

	if (!has(row, L_BROKEN))
		return;
	show_field(printer, "broken", "found %s, after %s unused",
			   format_time(when, sqlite3_column_int64(row, L_BROKEN), TIME_MILLISECONDS),
			   format_duration(idle, sqlite3_column_int64(row, L_BROKEN_IDLE)));
	part_stack(printer, db, sqlite3_column_int64(row, L_BROKEN_STACK), true);
}

/* What it handed out that was not given back. */
static void print_holds(const struct printer *printer, sqlite3 *db, int64_t id)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT kind, count(*), min(id) FROM resource_life WHERE connection = ?"
										  " AND verdict <> 'out-of-sight' GROUP BY kind ORDER BY kind_rank(kind)");

	if (row == NULL)
		return;
	sqlite3_bind_int64(row, 1, id);
	while (query_next(row, NULL)) {
		enum resource_kind kind = kind_find(query_text(row, 0));
		int64_t count = sqlite3_column_int64(row, 1);
		if (kind != KIND_NONE)
			show_field(printer, "left", "%lld %s: %s %lld%s", (long long)count, kind_noun(kind, count),
					   query_text(row, 0), (long long)sqlite3_column_int64(row, 2), count > 1 ? " and more" : "");
	}
}

static void print_resets(const struct printer *printer, sqlite3 *db, int64_t id)
{
	QUERY_CLEANUP row =
		query_prepare(db, "SELECT at_ns, stack, backend_pid FROM reset WHERE connection = ? ORDER BY at_ns");
	char when[TIME_TEXT];

	if (row == NULL)
		return;
	sqlite3_bind_int64(row, 1, id);
	while (query_next(row, NULL)) {
		int backend = sqlite3_column_int(row, 2);
		format_time(when, sqlite3_column_int64(row, 0), TIME_MILLISECONDS);
		if (backend > 0)
			show_field(printer, "reset", "%s, new backend %d", when, backend);
		else
			show_field(printer, "reset", "%s, failed", when);
		part_stack(printer, db, sqlite3_column_int64(row, 1), true);
	}
}

static void print_used(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row)
{
	char when[TIME_TEXT];
	int64_t queries = sqlite3_column_int64(row, L_QUERIES);
	const char *statement = query_text(row, L_STATEMENT);

	if (!has(row, L_USED)) {
		if (strcmp(query_text(row, L_STATE), "connected") == 0)
			show_field(printer, "last use", "never used");
		return;
	}
	show_field(printer, "last use", "%s by %s%s%s%s",
			   format_time(when, sqlite3_column_int64(row, L_USED), TIME_MILLISECONDS), query_text(row, L_USE_FUNCTION),
			   statement[0] != '\0' ? " (" : "", statement, statement[0] != '\0' ? ")" : "");
	show_field(printer, "", "%lld quer%s, then %s", (long long)queries, queries == 1 ? "y" : "ies",
			   query_text(row, L_TRANSACTION));
	part_stack(printer, db, sqlite3_column_int64(row, L_USE_STACK), true);
}

static void print_end(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row)
{
	char when[TIME_TEXT] = "";
	char held[DURATION_TEXT] = "";

	if (has(row, L_HELD))
		format_duration(held, sqlite3_column_int64(row, L_HELD));
	if (has(row, L_RELEASED)) {
		show_field(printer, "released", "%s after %s, by thread %d",
				   format_time(when, sqlite3_column_int64(row, L_RELEASED), TIME_MILLISECONDS), held,
				   sqlite3_column_int(row, L_RELEASE_THREAD));
		part_stack(printer, db, sqlite3_column_int64(row, L_RELEASE_STACK), true);
		return;
	}
	if (has(row, L_ENDED))
		format_time(when, sqlite3_column_int64(row, L_ENDED), TIME_MILLISECONDS);
	if (!has(row, L_END))
		show_field(printer, "released", "not yet; the process is running");
	else if (strcmp(query_text(row, L_END), "unknown") == 0)
		show_field(printer, "released", "never; the end of the process was not seen");
	else
		show_field(printer, "released", "never; the process ended %s (%s)%s%s", when, query_text(row, L_END),
				   held[0] != '\0' ? " after holding it " : "", held);
}

bool prepare_life(struct reading *reading, void *context)
{
	const struct shown *shown = context;
	long long id = shown->id;
	char *stacks = sqlite3_mprintf(stacks_sql, id, id, id, id, id, id);
	bool done = stacks != NULL && sites_make(reading->db, shown->symbols, stacks);

	sqlite3_free(stacks);
	return done;
}

bool print_life(struct reading *reading, void *context, FILE *file)
{
	struct shown *shown = context;
	const struct printer *printer = &shown->printer;
	long long id = shown->id;
	QUERY_CLEANUP row = query_prepare(reading->db, life_sql);

	shown->printer.file = file;
	shown->printer.width = 0;
	if (row == NULL)
		return false;
	sqlite3_bind_int64(row, 1, shown->id);
	if (!query_next(row, NULL))
		return refuse("no connection %lld in '%s' ('pqleak show %s' lists them)", id, reading->path, reading->path);
	const char *verdict = query_text(row, L_VERDICT);
	const char *state = query_text(row, L_STATE);
	print_line(printer, 0, strcmp(verdict, "leaked") == 0 ? STYLE_BAD : STYLE_STRONG, "connection %lld: %s%s", id,
			   verdict,
			   strcmp(state, "failed") == 0       ? ", failed to connect"
			   : strcmp(state, "connecting") == 0 ? ", never completed"
												  : "");
	show_field(printer, "process", "%d %s, thread %d", sqlite3_column_int(row, L_PID), query_text(row, L_EXE),
			   sqlite3_column_int(row, L_THREAD));
	show_field(printer, "command", "%s", query_text(row, L_COMMAND));
	if (has(row, L_LABEL))
		show_field(printer, "label", "%s", query_text(row, L_LABEL));
	print_server(printer, row);
	print_opened(printer, reading->db, row);
	if (strcmp(state, "inherited") == 0)
		print_origin(printer, reading->db, shown->id);
	print_resets(printer, reading->db, shown->id);
	print_used(printer, reading->db, row);
	print_broken(printer, reading->db, row);
	print_holds(printer, reading->db, shown->id);
	print_end(printer, reading->db, row);
	return true;
}
