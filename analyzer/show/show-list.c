// SPDX-License-Identifier: PostgreSQL
/*
 * show-list.c - `pqleak show` where only some are wanted, or in another order; see show.h.
 */
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/show/show.h"
#include "analyzer/sites/sites.h"

extern const char show_list_sql[];

#define LIST_FORMAT "%6s %-13s %7s %-12s %-12s "
#define IDLE_FORMAT "%-12s "

static const char kept_sql[] =
	"CREATE TEMP TABLE still_open (connection INTEGER PRIMARY KEY, age_ns, unused_ns, idle_ns)";
static const char keep_sql[] =
	"INSERT INTO still_open SELECT connection, age_ns, unused_ns, idle_ns FROM open_connection";

static const char stacks_sql[] =
	"SELECT acquire_stack AS stack FROM connection UNION SELECT acquire_stack FROM resource";

bool list_is_chosen(const struct shown *shown)
{
	const struct listing *listing = shown->listing;

	return shown->open || listing->site != NULL || listing->sort != NULL || listing->unused_ns > 0;
}

bool list_possible(const struct shown *shown)
{
	const char *sort = shown->listing->sort != NULL ? shown->listing->sort : "";

	if (shown->kind == KIND_CONNECTION)
		return true;
	if (shown->listing->unused_ns > 0)
		return refuse("'--unused': when it was used is known of connections only (leave it out)");
	return (strcmp(sort, "unused") != 0 && strcmp(sort, "idle-in-transaction") != 0) ||
		   refuse("'--sort=%s': that is known of connections only (sort by id, age or site)", sort);
}

bool prepare_list(struct reading *reading, void *context)
{
	const struct shown *shown = context;

	return query_drop(reading->db, "still_open") && query_run(reading->db, kept_sql) &&
		   (shown->kind != KIND_CONNECTION || query_run(reading->db, keep_sql)) &&
		   sites_make(reading->db, shown->symbols, stacks_sql, NULL);
}

static const char *duration(char text[DURATION_TEXT], sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) != SQLITE_NULL ? format_duration(text, sqlite3_column_int64(row, column))
														   : "";
}

bool print_list(struct reading *reading, void *context, FILE *file)
{
	struct shown *shown = context;
	const struct listing *listing = shown->listing;
	const struct printer *printer = &shown->printer;
	bool is_connection = shown->kind == KIND_CONNECTION, failed = false, any = false;
	QUERY_CLEANUP row =
		query_with(reading->db, show_list_sql, AS_TEXT(kind_name((uint8_t)shown->kind)), AS_NUMBER(shown->open),
				   AS_NUMBER(listing->unused_ns), AS_TEXT(listing->site), AS_TEXT(listing->sort));
	char before[256];

	shown->printer.file = file;
	while (!failed && query_next(row, &failed)) {
		char age[DURATION_TEXT], unused[DURATION_TEXT], idle[DURATION_TEXT];
		const char *verdict = query_text(row, 1);
		if (!any) {
			snprintf(before, sizeof before, LIST_FORMAT, "id", "verdict", "pid", "age", is_connection ? "unused" : "");
			print_line(printer, 0, STYLE_STRONG, "%s" IDLE_FORMAT "%s", before, is_connection ? "idle" : "",
					   is_connection ? "opened at" : "acquired at");
		}
		any = true;
		snprintf(before, sizeof before, LIST_FORMAT IDLE_FORMAT, query_text(row, 0), verdict, query_text(row, 3),
				 duration(age, row, 4), duration(unused, row, 5), duration(idle, row, 6));
		print_call_in_line(printer, 0,
						   strcmp(verdict, "leaked") == 0     ? STYLE_BAD
						   : strcmp(verdict, "released") == 0 ? STYLE_PLAIN
															  : STYLE_WARNING,
						   before, query_text(row, 7), strcmp(query_text(row, 2), "failed") == 0 ? " (failed)" : "");
	}
	if (!any && !failed)
		print_line(printer, 0, STYLE_PLAIN, "No %s in %s is like that%s.", kind_noun(shown->kind, 1), reading->path,
				   listing->site != NULL ? " ('pqleak show --sort=site' names the sites)" : "");
	return !failed;
}
