// SPDX-License-Identifier: PostgreSQL
/*
 * unnamed.c - where names are missing in a report: of which file, why, and how to get them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/text/text.h"

#define SHOWN 5 /* without --all */
#define SERVER_TEXT 256

/* The columns of a row. */
enum { PATH, BUILD_ID, STATE, DEBUG_PACKAGE, RPM, IS_INSTALLED, SERVER };

static const char unnamed_sql[] = "SELECT path, build_id, state, ifnull(debug_package, ''), ifnull(rpm, 0),"
								  " path GLOB '/usr/*' AND path NOT GLOB '/usr/local/*' OR path GLOB '/lib*'"
								  "  OR path GLOB '/bin/*' OR path GLOB '/sbin/*',"
								  " (SELECT server FROM unnamed WHERE server <> '' ORDER BY path LIMIT 1)"
								  " FROM unnamed ORDER BY frames DESC, path";

/* What is wrong with a file, and what to do where no package helps.  In the order of enum module_state's names. */
static const struct {
	const char *state, *why, *remedy;
} reasons[] = {
	{"no symbols", "has no symbols", "build it with -g, and do not strip it"},
	{"ok", "has no names for these places", "build it with -g, and do not strip it"},
	{"changed", "is not the file that was traced", "give that one with --sysroot=DIR"},
	{"missing", "is not here", "give the traced machine's files with --sysroot=DIR"},
	{"unproven", "has no build-id, so nothing proves that it is what was traced", "link it with -Wl,--build-id"},
	{"unreadable", "is damaged, or too large to read", "give its debug information with --debug-path=DIR"},
};

static void say_file(const struct printer *printer, sqlite3_stmt *row)
{
	const char *why = query_text(row, STATE), *remedy = "", *build_id = query_text(row, BUILD_ID);
	const char *debug_package = query_text(row, DEBUG_PACKAGE);

	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (strcmp(reasons[i].state, query_text(row, STATE)) == 0) {
			why = reasons[i].why;
			remedy = reasons[i].remedy;
		}
	bool has_id = build_id[0] != '\0';
	const char *open = has_id ? " (build-id " : "", *close = has_id ? ")" : "";
	if (debug_package[0] != '\0')
		print_line(printer, 2, STYLE_PLAIN, "%s%s%s%s %s: install %s", query_text(row, PATH), open, build_id, close,
				   why, debug_package);
	else if (sqlite3_column_int(row, RPM) != 0)
		print_line(printer, 2, STYLE_PLAIN, "%s%s%s%s %s: debuginfo-install the package that rpm -qf names",
				   query_text(row, PATH), open, build_id, close, why);
	else
		print_line(printer, 2, STYLE_PLAIN, "%s%s%s%s %s: %s", query_text(row, PATH), open, build_id, close, why,
				   remedy);
}

/* Servers have what distributions build, by its build-id. */
static void say_servers(const struct printer *printer, const struct symbol_choice *choice, const char *server)
{
	const char *servers = getenv("DEBUGINFOD_URLS");

	if (choice->debuginfod)
		print_line(printer, 2, STYLE_PLAIN, "No server of DEBUGINFOD_URLS has them.");
	else if (servers != NULL && servers[0] != '\0')
		print_line(printer, 2, STYLE_PLAIN, "Or let --debuginfod ask the servers of DEBUGINFOD_URLS.");
	else
		print_line(printer, 2, STYLE_PLAIN, "Or set DEBUGINFOD_URLS, for example to %s, and use --debuginfod.", server);
}

bool text_unnamed(const struct printer *printer, sqlite3 *db, const struct report_choice *choice)
{
	QUERY_CLEANUP row = query_prepare(db, unnamed_sql);
	bool failed = row == NULL, may_ask = false;
	char server[SERVER_TEXT] = "https://debuginfod.elfutils.org"; /* which asks those of the distributions */
	int64_t count = 0;

	for (; !failed && query_next(row, &failed); count++) {
		if (count == 0)
			print_line(printer, 0, STYLE_WARNING, "Names are missing above:");
		if (count < SHOWN || choice->all)
			say_file(printer, row);
		if (count == 0 && query_text(row, SERVER)[0] != '\0')
			snprintf(server, sizeof server, "%s", query_text(row, SERVER));
		may_ask = may_ask || (sqlite3_column_int(row, IS_INSTALLED) != 0 && query_text(row, BUILD_ID)[0] != '\0');
	}
	if (count > SHOWN && !choice->all)
		print_line(printer, 2, STYLE_PLAIN, "... and %lld more files (--all shows every one)",
				   (long long)(count - SHOWN));
	if (may_ask)
		say_servers(printer, &choice->symbols, server);
	return !failed;
}
