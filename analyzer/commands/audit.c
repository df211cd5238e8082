// SPDX-License-Identifier: PostgreSQL
/*
 * audit.c - `pqleak audit`: how each call site asks for its connections.
 *
 * Advice is given only where it holds for everybody: nothing about networks
 * for a Unix socket or the loopback.
 */
#include <inttypes.h>

#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/sites/sites.h"
#include "analyzer/options/command.h"
#include "analyzer/reading/functions.h"
#include "analyzer/reading/reading.h"
#include "analyzer/words/kinds.h"

extern const char audit_sql[];

static const char sites_query[] =
	"SELECT number, count, ifnull(short_name(head), 'an unknown place'), ifnull(tail, ''),"
	" CASE way WHEN 'socket' THEN 'a Unix socket' WHEN 'loopback' THEN 'the loopback'"
	" WHEN 'network' THEN 'the network' ELSE 'unknown' END, setting IS NULL, ssl"
	" FROM audit_site ORDER BY number";
static const char settings_query[] =
	"SELECT name, value FROM audit_setting WHERE number = ? AND value <> '' ORDER BY position";
static const char advice_query[] = "SELECT advice FROM audit_advice WHERE number = ? ORDER BY position";

static bool print_settings(const struct printer *printer, sqlite3 *db, int64_t number)
{
	QUERY_CLEANUP row = query_with(db, settings_query, AS_NUMBER(number));
	bool failed = false;

	while (!failed && query_next(row, &failed))
		print_field(printer, 4, STYLE_PLAIN, 20, query_text(row, 0), "%s", query_text(row, 1));
	return !failed;
}

static bool print_advice(const struct printer *printer, sqlite3 *db, int64_t number)
{
	QUERY_CLEANUP row = query_with(db, advice_query, AS_NUMBER(number));
	bool failed = false;

	while (!failed && query_next(row, &failed))
		print_line(printer, 4, STYLE_WARNING, "! %s", query_text(row, 0));
	return !failed;
}

struct audit {
	struct printer printer;
	const struct symbol_choice *symbols;
};

static bool prepare_audit(struct reading *reading, void *context)
{
	const struct audit *audit = context;
	sqlite3 *db = reading->db;

	return query_drop(db, "audited audit_site audit_setting audit_advice") &&
		   sites_make(db, audit->symbols, "SELECT DISTINCT acquire_stack FROM connection WHERE state <> 'inherited'",
					  NULL) &&
		   query_run(db, audit_sql);
}

static bool print_audit(struct reading *reading, void *context, FILE *file)
{
	struct printer *printer = &((struct audit *)context)->printer;
	QUERY_CLEANUP row = query_prepare(reading->db, sites_query);
	bool failed = false;
	bool any = false;

	printer->file = file;
	while (!failed && query_next(row, &failed)) {
		char before[128];
		int64_t number = sqlite3_column_int64(row, 0);
		int64_t count = sqlite3_column_int64(row, 1);
		if (any)
			print_line(printer, 0, STYLE_PLAIN, "%s", "");
		any = true;
		snprintf(before, sizeof before, "%" PRId64 " %s opened at ", count, kind_noun(KIND_CONNECTION, count));
		print_call(printer, 0, STYLE_STRONG, before, query_text(row, 2), query_text(row, 3));
		print_field(printer, 4, STYLE_PLAIN, 20, "over", "%s%s", query_text(row, 4),
					sqlite3_column_int(row, 6) != 0 ? ", with SSL" : "");
		if (sqlite3_column_int(row, 5) != 0)
			print_line(printer, 4, STYLE_DIM, "its settings were not recorded");
		failed = !print_settings(printer, reading->db, number) || !print_advice(printer, reading->db, number);
	}
	if (!any && !failed)
		print_line(printer, 0, STYLE_PLAIN, "There are no connections in %s.", reading->path);
	return !failed;
}

static int run_audit(const struct arguments *arguments)
{
	READING_CLEANUP reading = {0};
	struct audit audit = {printer_for(stdout), &arguments->report.symbols};

	if (!reading_open(&reading, arguments_trace(arguments)) ||
		!source_root_use(reading.db, arguments->report.source_root))
		return STATUS_UNABLE;
	return reading_show(&reading, prepare_audit, print_audit, &audit) ? STATUS_CLEAN : STATUS_UNABLE;
}

const struct command command_audit = {
	.id = COMMAND_AUDIT,
	.synopsis = "[OPTIONS] [TRACE]",
	.summary = "Show the settings each call site opens its connections with",
	.intro = "The default TRACE is " DEFAULT_TRACE ".\n"
			 "Settings that are not listed have libpq's default.  Lines that start with '!'\n"
			 "are advice.  'pqleak sql' has the same in the view audit.\n",
	.most = 1,
	.run = run_audit,
};
