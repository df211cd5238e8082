// SPDX-License-Identifier: PostgreSQL
/*
 * report-finding.c - one finding of a text report: its title, who is to blame,
 * stacks, and what is known of its members.
 */
#include "analyzer/report/report-finding.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/base/exit-status.h"
#include "analyzer/base/query.h"
#include "analyzer/base/print-time.h"
#include "analyzer/options/arguments.h"
#include "analyzer/findings/findings.h"
#include "analyzer/report/report-parts.h"

/* Columns of finding_query. */
enum {
	F_NUMBER,
	F_KIND,
	F_VERDICT,
	F_STATE,
	F_COUNT,
	F_STACKS,
	F_STACK,
	F_FIRST,
	F_LAST,
	F_FIRST_ID,
	F_USED_ID,
	F_HEAD,
	F_TAIL,
	F_SHAPE,
	F_ROWS,
	F_BYTES,
	F_OUTLIVED,
	F_LEVEL,
	F_DEPTH,
	F_CALLERS,
	F_NUMBERS,
	F_FUNCTION,
	F_USE_FUNCTION,
	F_USED_STACK,
	F_RELEASE_STACK,
	F_RELEASES,
	F_EXCUSED,
};

const char finding_query[] =
	"SELECT f.number, f.kind, f.verdict, f.state, f.count, f.stacks, f.stack, f.first_ns, f.last_ns, f.first_id, "
	"f.used_id,"
	" f.head, f.tail, f.shape, f.rows, f.bytes, f.outlived, w.level, w.depth,"
	/* Whom the site is told from, and by what. */
	" (SELECT printf('1 of %,d callers of %s%s%s', e.callers, short_name(c.head),"
	"   iif(e.leaking = 1, '', printf(iif(f.verdict = 'leaked', ' (%,d leak)', ' (%,d keep some)'), e.leaking)),"
	"   CASE e.levels WHEN 1 THEN '' WHEN 2 THEN ', which calls ' || short_name(i.head)"
	"    ELSE ', which comes to call ' || short_name(i.head) END)"
	"  FROM frame_call c JOIN frame_call i ON i.frame = e.site_frame AND i.depth = e.site_depth"
	"  WHERE c.frame = e.shared_frame AND c.depth = e.shared_depth),"
	" printf('%s %,d of %,d, the others %,d of %,d', iif(f.verdict = 'leaked', 'leaks', 'keeps'), e.lost, e.acquired,"
	"  e.others_lost, e.others_acquired),"
	" iif(f.kind = 'connection', (SELECT acquire_function FROM connection WHERE id = f.first_id),"
	"  (SELECT acquire_function FROM resource WHERE id = f.first_id)),"
	" (SELECT use_function FROM connection WHERE f.kind = 'connection' AND id = f.used_id),"
	" w.used_stack, w.release_stack, w.releases, f.excused"
	" FROM finding f JOIN finding_stack w ON w.number = f.number"
	" LEFT JOIN separation e ON e.node = w.node AND e.callers IS NOT NULL ORDER BY f.number";

static const char *preposition(const struct report_choice *choice)
{
	if (choice->group_by != NULL && (strcmp(choice->group_by, "function") == 0 ||
									 strcmp(choice->group_by, "module") == 0 || strcmp(choice->group_by, "label") == 0))
		return "in";
	if (choice->group_by != NULL && strcmp(choice->group_by, "database") == 0)
		return "to";
	return "at";
}

static enum style title_style(const char *verdict)
{
	if (strcmp(verdict, "leaked") == 0)
		return STYLE_BAD;
	return strcmp(verdict, "released") == 0 ? STYLE_PLAIN : STYLE_WARNING;
}

bool finding_excused(sqlite3_stmt *f)
{
	return query_text(f, F_EXCUSED)[0] != '\0';
}

void finding_title(const struct printer *printer, const struct report_choice *choice, sqlite3_stmt *f)
{
	char head[1024];
	const char *state = query_text(f, F_STATE);
	const char *verdict = query_text(f, F_VERDICT);
	enum resource_kind kind = kind_find(query_text(f, F_KIND));
	bool connection = kind == KIND_CONNECTION;
	int64_t count = sqlite3_column_int64(f, F_COUNT);
	bool failed = connection && strcmp(state, "failed") == 0;
	bool abandoned = connection && strcmp(state, "connecting") == 0;
	const char *fate = verdict;
	const char *opened = connection ? ", opened" : ", acquired";

	if (strcmp(verdict, "leaked") == 0) {
		fate = failed || abandoned ? "never finished" : kind_unreleased(kind);
		opened = "";
	} else if (strcmp(verdict, "open-at-death") == 0) {
		fate = "open at death";
	} else if (strcmp(verdict, "open") == 0) {
		fate = "still open";
	}
	snprintf(head, sizeof head, "%s%s%" PRId64 " %s%s %s%s %s %s", query_text(f, F_EXCUSED),
			 finding_excused(f) ? ": " : "", count,
			 failed      ? "failed connect"
			 : abandoned ? "abandoned connect"
						 : kind_noun(kind, count),
			 failed || abandoned ? plural(count) : "", fate, opened, preposition(choice), query_text(f, F_HEAD));
	enum style style = finding_excused(f) ? STYLE_PLAIN : title_style(verdict);
	print_kept_tail(printer, 0, style == STYLE_BAD && !kind_fails(kind) ? STYLE_WARNING : style, head,
					query_text(f, F_TAIL));
}

/* "pqleak show" finds the default trace by itself, and takes a number for a connection. */
static void print_show(const struct printer *printer, const struct reading *reading, enum resource_kind kind,
					   int64_t id)
{
	bool elsewhere = strcmp(reading->path, DEFAULT_TRACE) != 0;
	char name[32] = "";

	if (kind != KIND_CONNECTION)
		snprintf(name, sizeof name, "%s ", kind_name((uint8_t)kind));
	for (char *blank = strchr(name, ' '); blank != NULL && blank[1] != '\0'; blank = strchr(blank, ' '))
		*blank = '-';
	print_line(printer, PART_INDENT, STYLE_DIM, "more      pqleak show %s%s%s%" PRId64, elsewhere ? reading->path : "",
			   elsewhere ? " " : "", name, id);
}

/* Whether it is one that lives as long as its process, or a place that takes more and more. */
static void print_shape(const struct printer *printer, sqlite3_stmt *f)
{
	const char *shape = query_text(f, F_SHAPE);

	if (strcmp(shape, "grows") == 0)
		print_line(printer, PART_INDENT, STYLE_PLAIN,
				   "shape     grows: acquired again while the first was still there");
	else if (shape[0] != '\0')
		print_line(printer, PART_INDENT, STYLE_PLAIN, "shape     held at exit: one from here in each process");
}

static void print_size(const struct printer *printer, sqlite3_stmt *f)
{
	int64_t rows = sqlite3_column_int64(f, F_ROWS);
	int64_t bytes = sqlite3_column_int64(f, F_BYTES);
	int64_t outlived = sqlite3_column_int64(f, F_OUTLIVED);

	if (rows > 0 || bytes > 0)
		print_line(printer, PART_INDENT, STYLE_PLAIN, "holds     %" PRId64 " row%s, %" PRId64 " byte%s", rows,
				   plural(rows), bytes, plural(bytes));
	if (outlived > 0)
		print_line(printer, PART_INDENT, STYLE_PLAIN, "          %" PRId64 " outlived %s connection", outlived,
				   outlived == 1 ? "its" : "their");
}

/* Cleared results are only counted: nobody knows when they were acquired. */
static void print_acquired(const struct printer *printer, sqlite3_stmt *f, const char *label)
{
	char first[TIME_TEXT];
	char last[TIME_TEXT];

	if (sqlite3_column_type(f, F_FIRST) == SQLITE_NULL)
		return;
	format_time(first, sqlite3_column_int64(f, F_FIRST), TIME_SECONDS);
	format_time(last, sqlite3_column_int64(f, F_LAST), TIME_SECONDS);
	bool same_day = strncmp(first, last, strlen("2026-01-01 ")) == 0;
	if (strcmp(first, last) == 0)
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%-9s %s", label, first);
	else
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%-9s %s to %s", label, first,
				   same_day ? last + strlen("2026-01-01 ") : last);
}

static bool has(sqlite3_stmt *f, int column)
{
	return sqlite3_column_type(f, column) != SQLITE_NULL;
}

/* From which other callers of the same code the site is told: in one line if it fits. */
static void print_separation(const struct printer *printer, sqlite3_stmt *f)
{
	const char *callers = query_text(f, F_CALLERS);
	const char *numbers = query_text(f, F_NUMBERS);

	if (!has(f, F_CALLERS))
		return;
	if (PART_INDENT + text_columns(callers) + 2 + text_columns(numbers) <= printer->width) {
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%s; %s", callers, numbers);
		return;
	}
	print_line(printer, PART_INDENT, STYLE_PLAIN, "%s:", callers);
	print_line(printer, PART_INDENT, STYLE_PLAIN, "%s", numbers);
}

/* Where it was acquired; with --stacks also where it was used last, and where what is comparable was released. */
static void print_stacks(const struct printer *printer, const struct report_choice *choice, sqlite3 *db,
						 sqlite3_stmt *f)
{
	bool whole = choice->group_by != NULL && strcmp(choice->group_by, "stack") == 0;
	struct part_stack parts[3] = {{.stack = sqlite3_column_int64(f, F_STACK),
								   .whole = whole,
								   .blamed = has(f, F_LEVEL),
								   .level = sqlite3_column_int(f, F_LEVEL),
								   .depth = sqlite3_column_int(f, F_DEPTH)}};
	int count = 1;

	/* What was released is only counted: nobody knows by which function it was acquired. */
	if (!has(f, F_FUNCTION) && !choice->stacks) {
		part_stack(printer, db, parts[0].stack, whole);
		return;
	}
	parts[0].title = has(f, F_FUNCTION) ? sqlite3_mprintf("%s, called from", query_text(f, F_FUNCTION))
										: sqlite3_mprintf("acquired");
	if (choice->stacks && has(f, F_USED_STACK))
		parts[count++] = (struct part_stack){.stack = sqlite3_column_int64(f, F_USED_STACK),
											 .whole = whole,
											 .title = sqlite3_mprintf("last use, %s", query_text(f, F_USE_FUNCTION))};
	if (choice->stacks && has(f, F_RELEASE_STACK))
		parts[count++] = (struct part_stack){.stack = sqlite3_column_int64(f, F_RELEASE_STACK),
											 .whole = whole,
											 .title = sqlite3_mprintf("released correctly from here (%,lld times)",
																	  sqlite3_column_int64(f, F_RELEASES))};
	part_stacks(printer, db, parts, count);
	for (int i = 0; i < count; i++)
		sqlite3_free(parts[i].title);
}

void finding_full(const struct printer *printer, const struct report_choice *choice, const struct reading *reading,
				  sqlite3_stmt *f)
{
	int64_t stacks = sqlite3_column_int64(f, F_STACKS);
	int64_t number = sqlite3_column_int64(f, F_NUMBER);
	int64_t first_id = sqlite3_column_int64(f, F_FIRST_ID);
	enum resource_kind kind = kind_find(query_text(f, F_KIND));
	bool connection = kind == KIND_CONNECTION;

	finding_title(printer, choice, f);
	print_separation(printer, f);
	if (stacks > 1)
		print_line(printer, PART_INDENT, STYLE_DIM, "by %" PRId64 " stacks, this one most often:", stacks);
	print_stacks(printer, choice, reading->db, f);
	print_shape(printer, f);
	part_list(printer, reading->db, PART_TARGETS, number);
	print_acquired(printer, f, connection ? "opened" : "acquired");
	if (connection && strcmp(query_text(f, F_STATE), "connected") == 0) {
		part_last_use(printer, reading->db, sqlite3_column_int64(f, F_USED_ID));
		part_list(printer, reading->db, PART_TRANSACTIONS, number);
	}
	print_size(printer, f);
	part_list(printer, reading->db, PART_PROCESSES, number);
	if (choice->group_by == NULL || strcmp(choice->group_by, "label") != 0)
		part_list(printer, reading->db, PART_LABELS, number);
	if (sqlite3_column_type(f, F_FIRST_ID) != SQLITE_NULL)
		print_show(printer, reading, kind, first_id);
	print_line(printer, 0, STYLE_PLAIN, "%s", "");
}

bool finding_leaked(sqlite3_stmt *f)
{
	return strcmp(query_text(f, F_VERDICT), "leaked") == 0;
}

int64_t finding_count(sqlite3_stmt *f)
{
	return sqlite3_column_int64(f, F_COUNT);
}
