// SPDX-License-Identifier: PostgreSQL
/*
 * show-resource.c - one resource that is no connection, from its acquire to
 * the end of its process: what was released has no row of its own.
 */
#include "analyzer/show/show.h"

#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/sites/sites.h"
#include "analyzer/text/text.h"
#include "analyzer/words/kinds.h"

static const char resource_sql[] =
	"SELECT l.*, p.command AS command, p.label AS label, t.text AS target_text"
	" FROM resource_life l JOIN process p ON p.id = l.process LEFT JOIN connection c ON c.id = l.connection"
	" LEFT JOIN target_text t ON t.target = c.target WHERE l.kind = ? AND l.id = ?";

static const char stacks_sql[] = "SELECT acquire_stack FROM resource WHERE id = %lld"
								 " UNION SELECT idle_stack FROM resource WHERE id = %lld";

static void print_acquired(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row)
{
	char when[TIME_TEXT];
	const char *statement = show_text(row, "statement");

	show_field(printer, "acquired", "%s by %s%s%s%s",
			   format_time(when, show_number(row, "acquired_ns"), TIME_MILLISECONDS),
			   show_text(row, "acquire_function"), statement[0] != '\0' ? " (" : "", statement,
			   statement[0] != '\0' ? ")" : "");
	part_stack(printer, db, show_number(row, "acquire_stack"), true);
}

static void print_contents(const struct printer *printer, sqlite3 *db, sqlite3_stmt *row, enum resource_kind kind)
{
	char when[TIME_TEXT];
	char idle[DURATION_TEXT];

	if (kind == KIND_RESULT)
		show_field(printer, "holds", "%lld rows, %lld bytes", (long long)show_number(row, "rows"),
				   (long long)show_number(row, "bytes"));
	if (show_number(row, "used_ns") > 0)
		show_field(printer, "last use", "%s", format_time(when, show_number(row, "used_ns"), TIME_MILLISECONDS));
	if (show_number(row, "idle_ns") > 0) {
		show_field(printer, "idle", "for up to %s, after", format_duration(idle, show_number(row, "idle_ns")));
		part_stack(printer, db, show_number(row, "idle_stack"), true);
	}
}

bool prepare_resource(struct reading *reading, void *context)
{
	const struct shown *shown = context;
	long long id = shown->id;
	char *stacks = sqlite3_mprintf(stacks_sql, id, id);
	bool done = stacks != NULL && sites_make(reading->db, shown->symbols, stacks, NULL);

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
	QUERY_CLEANUP row = query_with(reading->db, resource_sql, AS_TEXT(kind), AS_NUMBER(id));
	bool failed = false;

	shown->printer.file = file;
	shown->printer.width = 0;
	if (!query_next(row, &failed))
		return !failed && refuse("no unreleased %s %lld in '%s' ('pqleak report --all %s' shows what there is)", kind,
								 id, reading->path, reading->path);
	const char *verdict = show_text(row, "verdict");
	bool out_of_sight = strcmp(verdict, "out-of-sight") == 0;
	print_line(printer, 0, strcmp(verdict, "leaked") == 0 ? STYLE_BAD : STYLE_STRONG, "%s %lld: %s", kind, id,
			   strcmp(verdict, "leaked") == 0 ? kind_unreleased(shown->kind) : verdict);
	show_field(printer, "process", "%d %s, thread %d", (int)show_number(row, "pid"), show_text(row, "exe"),
			   (int)show_number(row, "thread"));
	show_field(printer, "command", "%s", show_text(row, "command"));
	if (show_text(row, "label")[0] != '\0')
		show_field(printer, "label", "%s", show_text(row, "label"));
	if (show_number(row, "connection") > 0)
		show_field(printer, "of", "connection %lld, %s%s", (long long)show_number(row, "connection"),
				   show_text(row, "target_text"),
				   (int)show_number(row, "outlived") != 0 && !out_of_sight ? "; it outlived that" : "");
	print_acquired(printer, reading->db, row);
	print_contents(printer, reading->db, row, shown->kind);
	if (show_has(row, "held_ns"))
		format_duration(held, show_number(row, "held_ns"));
	if (strcmp(verdict, "open") == 0)
		show_field(printer, "released", "not yet; the process is running (by %s)", kind_release(shown->kind));
	else if (strcmp(verdict, "cannot-tell") == 0)
		show_field(printer, "released", "unknown: events of the process were dropped (by %s)",
				   kind_release(shown->kind));
	else if (out_of_sight)
		show_field(printer, "released", "unknown: the calling module releases memory with free(3), which is not seen");
	else
		show_field(printer, "released", "never%s%s; needs %s", held[0] != '\0' ? ", held for " : "", held,
				   kind_release(shown->kind));
	return true;
}
