// SPDX-License-Identifier: PostgreSQL
/*
 * show-life.c - one connection from its opening to its end; see show.h.
 *
 * Nothing is cut here: it is where a reader goes who wants everything.
 */
#include "analyzer/show/show.h"

#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/sites/sites.h"
#include "analyzer/text/text.h"

static const char life_sql[] =
	"SELECT l.*, h.inherited AS inherited, i.fate AS fate, o.pid AS opener_pid, o.exe AS opener_exe, p.command AS "
	"command, p.label AS "
	"label, p.end AS \"end\", p.ended_ns AS ended_ns, c.error AS error,"
	" c.broken_ns AS broken_ns, c.broken_idle_ns AS broken_idle_ns, c.broken_stack AS broken_stack,"
	" t.text AS target_text FROM connection_life l JOIN connection c ON c.id = l.id JOIN process p ON p.id = l.process"
	" LEFT JOIN handover h ON h.connection = l.id LEFT JOIN inheritance i ON i.connection = l.id LEFT JOIN process o "
	"ON o.id = c.process"
	" LEFT JOIN target_text t ON t.target = c.target WHERE l.id = ?";

static const char stacks_sql[] = "SELECT acquire_stack FROM connection WHERE id = %lld"
								 " UNION SELECT c.acquire_stack FROM inheritance i JOIN connection c ON c.id = i.origin"
								 " WHERE i.connection = %lld"
								 " UNION SELECT use_stack FROM owned_connection WHERE id = %lld"
								 " UNION SELECT release_stack FROM owned_connection WHERE id = %lld"
								 " UNION SELECT broken_stack FROM connection WHERE id = %lld"
								 " UNION SELECT stack FROM reset WHERE connection = %lld";

static void print_server(const struct printer *printer, sqlite3_stmt *row)
{
	int version = (int)show_number(row, "server_version");

	if (show_has(row, "target_text"))
		show_field(printer, "target", "%s", show_text(row, "target_text"));
	if (show_text(row, "application_name")[0] != '\0')
		show_field(printer, "name", "%s", show_text(row, "application_name"));
	if (version == 0)
		return;
	char *number = version >= 100000 ? sqlite3_mprintf("%d.%d", version / 10000, version % 10000)
									 : sqlite3_mprintf("%d.%d.%d", version / 10000, version / 100 % 100, version % 100);
	show_field(printer, "server", "PostgreSQL %s, backend %d, %s", number, (int)show_number(row, "backend_pid"),
			   (int)show_number(row, "ssl") != 0 ? "SSL" : "no SSL");
	sqlite3_free(number);
}

static void print_opened(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row)
{
	char when[TIME_TEXT];
	char took[DURATION_TEXT];
	const char *state = show_text(row, "state");

	if (strcmp(state, "inherited") == 0) {
		const char *fate = show_text(row, "fate");
		show_field(printer, "inherited", "by fork%s%s; first seen %s", fate[0] != '\0' ? ", " : "", fate,
				   format_time(when, show_number(row, "acquired_ns"), TIME_MILLISECONDS));
	} else {
		show_field(printer, "opened", "%s by %s, %s %s",
				   format_time(when, show_number(row, "acquired_ns"), TIME_MILLISECONDS),
				   show_text(row, "acquire_function"),
				   strcmp(state, "failed") == 0       ? "failed after"
				   : strcmp(state, "connecting") == 0 ? "never completed; last seen after"
													  : "took",
				   format_duration(took, show_number(row, "connect_ns")));
	}
	if (show_has(row, "error"))
		show_field(printer, "", "why: %s", show_text(row, "error"));
	part_stack(printer, db, show_number(row, "acquire_stack"), true);
}

/* Of an inherited connection: where the process opened it that this one was forked from. */
static void print_origin(const struct printer *printer, sqlite3 *db, int64_t id)
{
	QUERY_CLEANUP row =
		query_with(db,
				   "SELECT c.id, c.acquire_stack FROM inheritance i JOIN connection c ON c.id = i.origin"
				   " WHERE i.connection = ?",
				   AS_NUMBER(id));

	if (!query_next(row, NULL))
		return;
	show_field(printer, "opened", "before the fork, by another process (connection %lld)",
			   (long long)sqlite3_column_int64(row, 0));
	part_stack(printer, db, sqlite3_column_int64(row, 1), true);
}

static void print_broken(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row)
{
	char when[TIME_TEXT];
	char idle[DURATION_TEXT];

	if (!show_has(row, "broken_ns"))
		return;
	show_field(printer, "broken", "found %s, after %s unused",
			   format_time(when, show_number(row, "broken_ns"), TIME_MILLISECONDS),
			   format_duration(idle, show_number(row, "broken_idle_ns")));
	part_stack(printer, db, show_number(row, "broken_stack"), true);
}

/* What it handed out that was not given back. */
static void print_holds(const struct printer *printer, sqlite3 *db, int64_t id)
{
	QUERY_CLEANUP row =
		query_with(db,
				   "SELECT kind, count(*), min(id) FROM resource_life WHERE connection IN"
				   " (SELECT ?1 UNION SELECT inherited FROM handover WHERE connection = ?1)"
				   " AND verdict NOT IN ('out-of-sight', 'inherited') GROUP BY kind ORDER BY kind_rank(kind)",
				   AS_NUMBER(id));

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
		query_with(db, "SELECT at_ns, stack, backend_pid, previous_pid FROM reset WHERE connection = ? ORDER BY at_ns",
				   AS_NUMBER(id));
	char when[TIME_TEXT];

	while (query_next(row, NULL)) {
		int backend = sqlite3_column_int(row, 2), previous = sqlite3_column_int(row, 3);
		format_time(when, sqlite3_column_int64(row, 0), TIME_MILLISECONDS);
		if (backend > 0 && previous > 0)
			show_field(printer, "reset", "%s, backend %d instead of %d", when, backend, previous);
		else if (backend > 0)
			show_field(printer, "reset", "%s, new backend %d", when, backend);
		else
			show_field(printer, "reset", "%s, failed", when);
		part_stack(printer, db, sqlite3_column_int64(row, 1), true);
	}
}

static void print_used(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row)
{
	char when[TIME_TEXT];
	int64_t queries = show_number(row, "queries");
	const char *statement = show_text(row, "statement");

	if (!show_has(row, "used_ns")) {
		if (strcmp(show_text(row, "state"), "connected") == 0)
			show_field(printer, "last use", "never used");
		return;
	}
	show_field(printer, "last use", "%s by %s%s%s%s", format_time(when, show_number(row, "used_ns"), TIME_MILLISECONDS),
			   show_text(row, "use_function"), statement[0] != '\0' ? " (" : "", statement,
			   statement[0] != '\0' ? ")" : "");
	show_field(printer, "", "%lld quer%s, then %s", (long long)queries, queries == 1 ? "y" : "ies",
			   show_text(row, "transaction_status"));
	part_stack(printer, db, show_number(row, "use_stack"), true);
}

static void print_end(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row)
{
	char when[TIME_TEXT] = "";
	char held[DURATION_TEXT] = "";

	if (show_has(row, "held_ns"))
		format_duration(held, show_number(row, "held_ns"));
	if (show_has(row, "released_ns")) {
		show_field(printer, "released", "%s after %s, by thread %d",
				   format_time(when, show_number(row, "released_ns"), TIME_MILLISECONDS), held,
				   (int)show_number(row, "release_thread"));
		part_stack(printer, db, show_number(row, "release_stack"), true);
		return;
	}
	if (show_has(row, "ended_ns"))
		format_time(when, show_number(row, "ended_ns"), TIME_MILLISECONDS);
	if (strcmp(show_text(row, "verdict"), "cannot-tell") == 0)
		show_field(printer, "released", "unknown: events of the process were dropped");
	else if (!show_has(row, "end"))
		show_field(printer, "released", "not yet; the process is running");
	else if (strcmp(show_text(row, "end"), "unknown") == 0)
		show_field(printer, "released", "never; the end of the process was not seen");
	else
		show_field(printer, "released", "never; the process ended %s (%s)%s%s", when, show_text(row, "end"),
				   held[0] != '\0' ? " after holding it " : "", held);
}

bool prepare_life(struct reading *reading, void *context)
{
	const struct shown *shown = context;
	long long id = shown->id;
	char *stacks = sqlite3_mprintf(stacks_sql, id, id, id, id, id, id);
	bool done = stacks != NULL && sites_make(reading->db, shown->symbols, stacks, NULL);

	sqlite3_free(stacks);
	return done;
}

bool print_life(struct reading *reading, void *context, FILE *file)
{
	struct shown *shown = context;
	const struct printer *printer = &shown->printer;
	long long id = shown->id;
	QUERY_CLEANUP row = query_with(reading->db, life_sql, AS_NUMBER(shown->id));
	bool failed = false;

	shown->printer.file = file;
	shown->printer.width = 0;
	if (!query_next(row, &failed))
		return !failed &&
			   refuse("no connection %lld in '%s' ('pqleak show %s' lists them)", id, reading->path, reading->path);
	const char *verdict = show_text(row, "verdict");
	const char *state = show_text(row, "state");
	print_line(printer, 0, strcmp(verdict, "leaked") == 0 ? STYLE_BAD : STYLE_STRONG, "connection %lld: %s%s", id,
			   verdict,
			   strcmp(state, "failed") == 0       ? ", failed to connect"
			   : strcmp(state, "connecting") == 0 ? ", never completed"
												  : "");
	show_field(printer, "process", "%d %s, thread %d", (int)show_number(row, "pid"), show_text(row, "exe"),
			   (int)show_number(row, "thread"));
	show_field(printer, "command", "%s", show_text(row, "command"));
	if (show_has(row, "label"))
		show_field(printer, "label", "%s", show_text(row, "label"));
	print_server(printer, row);
	print_opened(printer, reading->db, row);
	if (strcmp(state, "inherited") == 0)
		print_origin(printer, reading->db, shown->id);
	if (show_has(row, "inherited"))
		show_field(printer, "opener", "%d %s, which forked that process and gave it up (connection %lld there)",
				   (int)show_number(row, "opener_pid"), show_text(row, "opener_exe"),
				   (long long)show_number(row, "inherited"));
	print_resets(printer, reading->db, shown->id);
	print_used(printer, reading->db, row);
	print_broken(printer, reading->db, row);
	print_holds(printer, reading->db, shown->id);
	print_end(printer, reading->db, row);
	return true;
}
