// SPDX-License-Identifier: PostgreSQL
/*
 * show-resource.c - one resource that is no connection, from its acquire to
 * the end of its process: what was released has no row of its own.
 */
#include "analyzer/commands/show.h"

#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/findings/sites.h"
#include "analyzer/report/text.h"
#include "analyzer/words/kinds.h"

enum {
	R_VERDICT,
	R_PID,
	R_EXE,
	R_COMMAND,
	R_THREAD,
	R_CONNECTION,
	R_OUTLIVED,
	R_ACQUIRED,
	R_FUNCTION,
	R_STACK,
	R_STATEMENT,
	R_ROWS,
	R_BYTES,
	R_USED,
	R_IDLE,
	R_IDLE_STACK,
	R_HELD,
	R_TARGET,
	R_LABEL,
};

static const char resource_sql[] =
	"SELECT l.verdict, l.pid, l.exe, p.command, l.thread, l.connection, l.outlived, l.acquired_ns, l.acquire_function,"
	" l.acquire_stack, l.statement, l.rows, l.bytes, l.used_ns, l.idle_ns, l.idle_stack, l.held_ns, t.text, p.label"
	" FROM resource_life l JOIN process p ON p.id = l.process LEFT JOIN connection c ON c.id = l.connection"
	" LEFT JOIN target_text t ON t.target = c.target WHERE l.kind = ? AND l.id = ?";

static const char stacks_sql[] = "SELECT acquire_stack FROM resource WHERE id = %lld"
								 " UNION SELECT idle_stack FROM resource WHERE id = %lld";

static void print_acquired(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row)
{
	char when[TIME_TEXT];
	const char *statement = query_text(row, R_STATEMENT);

	show_field(printer, "acquired", "%s by %s%s%s%s",
			   format_time(when, sqlite3_column_int64(row, R_ACQUIRED), TIME_MILLISECONDS), query_text(row, R_FUNCTION),
			   statement[0] != '\0' ? " (" : "", statement, statement[0] != '\0' ? ")" : "");
	part_stack(printer, db, sqlite3_column_int64(row, R_STACK), true);
}

static void print_contents(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row, enum resource_kind kind)
{
	char when[TIME_TEXT];
	char idle[DURATION_TEXT];

	if (kind == KIND_RESULT)
		show_field(printer, "holds", "%lld rows, %lld bytes", (long long)sqlite3_column_int64(row, R_ROWS),
				   (long long)sqlite3_column_int64(row, R_BYTES));
	if (sqlite3_column_int64(row, R_USED) > 0)
		show_field(printer, "last use", "%s", format_time(when, sqlite3_column_int64(row, R_USED), TIME_MILLISECONDS));
	if (sqlite3_column_int64(row, R_IDLE) > 0) {
		show_field(printer, "idle", "for up to %s, after", format_duration(idle, sqlite3_column_int64(row, R_IDLE)));
		part_stack(printer, db, sqlite3_column_int64(row, R_IDLE_STACK), true);
	}
}

bool prepare_resource(struct reading *reading, void *context)
{
	const struct shown *shown = context;
	long long id = shown->id;
	char *stacks = sqlite3_mprintf(stacks_sql, id, id);
	bool done = stacks != NULL && sites_make(reading->db, shown->symbols, stacks);

	sqlite3_free(stacks);
	return done;
}

bool print_resource(struct reading *reading, void *context, FILE *file)
{
	struct shown *shown = context;
	const struct printer *printer = &shown->printer;
	const char *kind = kind_name((uint8_t)shown->kind);
	long long id = shown->id;
	char held[DURATION_TEXT] = "";
	QUERY_CLEANUP row = query_prepare(reading->db, resource_sql);

	shown->printer.file = file;
	shown->printer.width = 0;
	if (row == NULL)
		return false;
	sqlite3_bind_text(row, 1, kind, -1, SQLITE_STATIC);
	sqlite3_bind_int64(row, 2, id);
	if (!query_next(row, NULL))
		return refuse("no unreleased %s %lld in '%s' ('pqleak report --all %s' shows what there is)", kind, id,
					  reading->path, reading->path);
	const char *verdict = query_text(row, R_VERDICT);
	bool out_of_sight = strcmp(verdict, "out-of-sight") == 0;
	print_line(printer, 0, strcmp(verdict, "leaked") == 0 ? STYLE_BAD : STYLE_STRONG, "%s %lld: %s", kind, id,
			   strcmp(verdict, "leaked") == 0 ? kind_unreleased(shown->kind) : verdict);
	show_field(printer, "process", "%d %s, thread %d", sqlite3_column_int(row, R_PID), query_text(row, R_EXE),
			   sqlite3_column_int(row, R_THREAD));
	show_field(printer, "command", "%s", query_text(row, R_COMMAND));
	if (query_text(row, R_LABEL)[0] != '\0')
		show_field(printer, "label", "%s", query_text(row, R_LABEL));
	if (sqlite3_column_int64(row, R_CONNECTION) > 0)
		show_field(printer, "of", "connection %lld, %s%s", (long long)sqlite3_column_int64(row, R_CONNECTION),
				   query_text(row, R_TARGET),
				   sqlite3_column_int(row, R_OUTLIVED) != 0 && !out_of_sight ? "; it outlived that" : "");
	print_acquired(printer, reading->db, row);
	print_contents(printer, reading->db, row, shown->kind);
	if (sqlite3_column_type(row, R_HELD) != SQLITE_NULL)
		format_duration(held, sqlite3_column_int64(row, R_HELD));
	if (strcmp(verdict, "open") == 0)
		show_field(printer, "released", "not yet; the process is running (by %s)", kind_release(shown->kind));
	else if (out_of_sight)
		show_field(printer, "released", "unknown: the calling module releases memory with free(3), which is not seen");
	else
		show_field(printer, "released", "never%s%s; needs %s", held[0] != '\0' ? ", held for " : "", held,
				   kind_release(shown->kind));
	return true;
}
