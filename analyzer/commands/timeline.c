// SPDX-License-Identifier: PostgreSQL
/*
 * timeline.c - `pqleak timeline`: open connections over time, a line of characters for each call site.
 *
 * The numbers are those of a report and of the page of `pqleak html`.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/columns.h"
#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/findings/findings.h"
#include "analyzer/options/command.h"
#include "analyzer/reading/functions.h"
#include "analyzer/sites/sites.h"
#include "analyzer/text/lifeline.h"
#include "analyzer/timeline/timeline.h"

struct timeline {
	struct printer printer;
	int columns;             /* of a picture */
	int64_t max_connections; /* 0: unknown */
};

#define PLAIN_COLUMNS 60 /* of a picture where there is no terminal */
#define LEAST_COLUMNS 10
#define BESIDE 52 /* columns for what stands beside a picture */
#define MARKS_SHOWN 20
#define LEVELS 9

/* What is something is never shown as nothing. */
static int level_of(int64_t value, int64_t most)
{
	if (value <= 0 || most <= 0)
		return 0;
	return (int)((value * (LEVELS - 1) + most - 1) / most);
}

static const char *const columns_sql[] = {
	"SELECT bucket, most FROM timeline_bucket WHERE site = ? ORDER BY bucket",
	"SELECT bucket, failed FROM timeline_bucket WHERE site = ? ORDER BY bucket",
};

enum measure { MEASURE_OPEN, MEASURE_FAILED };

/* A character for each bucket, high as its maximum is of the highest one; for free(). */
static char *picture(sqlite3 *db, int64_t site, enum measure measure, int columns)
{
	static const char *const blocks[LEVELS] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const plain[LEVELS] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
	const char *const *levels = locale_has_blocks() ? blocks : plain;
	QUERY_CLEANUP row = query_with(db, columns_sql[measure], AS_NUMBER(site));
	int64_t *values = calloc((size_t)columns, sizeof *values), most = 0;
	char *text = malloc((size_t)columns * strlen("█") + 1), *end = text;

	while (values != NULL && query_next(row, NULL)) {
		int column = sqlite3_column_int(row, 0);
		int64_t value = sqlite3_column_int64(row, 1);
		if (column < columns)
			values[column] = value;
		if (value > most)
			most = value;
	}
	for (int i = 0; text != NULL && values != NULL && i < columns; i++)
		end = stpcpy(end, levels[level_of(values[i], most)]);
	while (text != NULL && end > text && end[-1] == ' ')
		end--;
	if (text != NULL)
		*end = '\0';
	free(values);
	return text;
}

static const char *time_of_day(char text[TIME_TEXT], int64_t ns)
{
	return strchr(format_time(text, ns, TIME_SECONDS), ' ') + 1;
}

static bool print_head(const struct timeline *timeline, sqlite3 *db)
{
	const struct printer *printer = &timeline->printer;
	QUERY_CLEANUP row = query_prepare(db, "SELECT most, most_ns, from_ns, to_ns, width_ns, uncounted FROM timeline");
	char peak[TIME_TEXT], from[TIME_TEXT], to[TIME_TEXT], width[DURATION_TEXT], allowed[64] = "";

	if (!query_next(row, NULL))
		return false;
	int64_t most = sqlite3_column_int64(row, 0), uncounted = sqlite3_column_int64(row, 5);
	if (timeline->max_connections > 0)
		snprintf(allowed, sizeof allowed, ", of %" PRId64 " that the server allows", timeline->max_connections);
	print_line(printer, 0,
			   timeline->max_connections > 0 && most >= timeline->max_connections ? STYLE_BAD : STYLE_STRONG,
			   "%" PRId64 " connection%s open at once%s%s%s", most, plural(most), most > 0 ? ", " : "",
			   most > 0 ? format_time(peak, sqlite3_column_int64(row, 1), TIME_SECONDS) : "", allowed);
	print_line(printer, 0, STYLE_PLAIN, "from %s to %s, %s a column; each line has its own scale",
			   format_time(from, sqlite3_column_int64(row, 2), TIME_SECONDS),
			   format_time(to, sqlite3_column_int64(row, 3), TIME_SECONDS),
			   format_duration(width, sqlite3_column_int64(row, 4)));
	if (uncounted > 0)
		print_line(printer, 0, STYLE_WARNING,
				   "%" PRId64 " process%s lost events: what %s had open is not in these lines", uncounted,
				   uncounted == 1 ? "" : "es", uncounted == 1 ? "it" : "they");
	return true;
}

static const char lines_sql[] =
	"SELECT t.site, t.most, t.most_ns, t.left, printf('%+.1f', t.growth),"
	" iif(t.growth IS NULL OR abs(t.growth) < 0.05, '', 'a minute'),"
	" CASE WHEN t.site = 0 THEN 'all call sites' WHEN t.site < 0 THEN 'all other call sites'"
	" ELSE ifnull(short_name(t.head), 'an unknown place') END, ifnull(t.tail, '')"
	" FROM (SELECT site, most, most_ns, left, growth, head, tail FROM timeline_site WHERE most > 0"
	"       UNION ALL SELECT 0, most, most_ns, (SELECT sum(left) FROM timeline_site), NULL, NULL, NULL FROM timeline"
	"       WHERE (SELECT count(*) FROM timeline_site WHERE most > 0) > 1) t"
	" ORDER BY t.site = 0 DESC, t.site < 0, t.site LIMIT ?";

static bool print_lines(const struct timeline *timeline, sqlite3 *db, bool all)
{
	const struct printer *printer = &timeline->printer;
	QUERY_CLEANUP row = query_with(db, lines_sql, AS_NUMBER(all ? -1 : 1 + TIMELINE_SHOWN));
	bool failed = false, any = false;

	while (!failed && query_next(row, &failed)) {
		char at[TIME_TEXT], before[512];
		char *drawn = picture(db, sqlite3_column_int64(row, 0), MEASURE_OPEN, timeline->columns);
		if (!any)
			print_line(printer, 0, STYLE_STRONG, "%6s %-8s %6s %s", "most", "at", "left", "growing");
		any = true;
		snprintf(before, sizeof before, "%6s %-8s %6s %6s %-8s ", query_text(row, 1),
				 time_of_day(at, sqlite3_column_int64(row, 2)), query_text(row, 3),
				 query_text(row, 5)[0] != '\0' ? query_text(row, 4) : "", query_text(row, 5));
		print_call_in_line(printer, 0, sqlite3_column_int64(row, 3) > 0 ? STYLE_WARNING : STYLE_PLAIN, before,
						   query_text(row, 6), query_text(row, 7));
		print_line(printer, 7, STYLE_PLAIN, "%s", drawn != NULL ? drawn : "");
		free(drawn);
	}
	return !failed;
}

static void print_left_out(const struct printer *printer, sqlite3 *db, bool all)
{
	int64_t left_out = query_number(db, "SELECT count(*) FROM timeline_site WHERE most > 0", 0) - TIMELINE_SHOWN;

	if (!all && left_out > 0)
		print_line(printer, 0, STYLE_PLAIN, "... %" PRId64 " more call site%s (--all shows every one)", left_out,
				   plural(left_out));
}

static void print_failed(const struct timeline *timeline, sqlite3 *db)
{
	int64_t failed = query_number(db, "SELECT failed FROM timeline", 0);
	char *drawn = failed > 0 ? picture(db, 0, MEASURE_FAILED, timeline->columns) : NULL;

	if (failed > 0) {
		print_line(&timeline->printer, 0, STYLE_BAD, "%6" PRId64 " attempt%s to connect failed", failed,
				   plural(failed));
		print_line(&timeline->printer, 7, STYLE_PLAIN, "%s", drawn != NULL ? drawn : "");
	}
	free(drawn);
}

static bool print_marks(const struct timeline *timeline, sqlite3 *db, bool all)
{
	const struct printer *printer = &timeline->printer;
	int64_t count = query_number(db, "SELECT count(*) FROM timeline_mark", 0), most = all ? count : MARKS_SHOWN;
	QUERY_CLEANUP row = query_with(db,
								   "SELECT at_ns, pid, basename(exe), ifnull(words, 'started'), what FROM timeline_mark"
								   " ORDER BY at_ns LIMIT ?",
								   AS_NUMBER(most));
	bool failed = false;
	char at[TIME_TEXT];

	if (count > 0)
		print_line(printer, 0, STYLE_PLAIN, "%s", "");
	while (!failed && query_next(row, &failed))
		print_line(printer, 0, strcmp(query_text(row, 4), "killed") == 0 ? STYLE_BAD : STYLE_PLAIN,
				   "%s  process %s %s: %s", format_time(at, sqlite3_column_int64(row, 0), TIME_SECONDS),
				   query_text(row, 1), query_text(row, 2), query_text(row, 3));
	if (count > most)
		print_line(printer, 0, STYLE_PLAIN, "... %" PRId64 " more (--all shows every one)", count - most);
	return !failed;
}

static bool print_timeline(const struct timeline *timeline, const struct reading *reading, bool all)
{
	sqlite3 *db = reading->db;

	if (query_number(db, "SELECT opened + failed FROM timeline", 0) == 0) {
		print_line(&timeline->printer, 0, STYLE_PLAIN, "There are no connections in %s.", reading->path);
		return true;
	}
	if (!print_head(timeline, db))
		return false;
	print_line(&timeline->printer, 0, STYLE_PLAIN, "%s", "");
	bool done = print_lines(timeline, db, all);
	print_left_out(&timeline->printer, db, all);
	print_failed(timeline, db);
	return done && print_marks(timeline, db, all);
}

/* The life of one connection needs no report. */
static bool show_life(struct reading *reading, const struct arguments *arguments, const struct timeline *timeline)
{
	struct lifeline line = {timeline->printer, &arguments->report.symbols, timeline->columns, arguments->connection};

	return reading_open(reading, arguments_trace(arguments)) && frames_use(&arguments->report.frames, reading->db) &&
		   source_root_use(reading->db, arguments->report.source_root) &&
		   reading_show(reading, lifeline_prepare, lifeline_print, &line);
}

static int run_timeline(const struct arguments *arguments)
{
	READING_CLEANUP reading = {0};
	struct report_choice choice = arguments->report;
	struct totals totals;
	struct timeline timeline = {.printer = printer_for(stdout), .max_connections = arguments->max_connections};

	timeline.columns = timeline.printer.width > BESIDE + LEAST_COLUMNS ? timeline.printer.width - 8 : PLAIN_COLUMNS;
	if (timeline.printer.width > 0 && timeline.columns > timeline.printer.width - 8)
		timeline.columns = timeline.printer.width - 8;
	if (arguments->connection >= 0)
		return show_life(&reading, arguments, &timeline) ? STATUS_CLEAN : STATUS_UNABLE;
	choice.timeline = true;
	choice.all = false; /* what it lists is ours */
	if (!reading_open(&reading, arguments_trace(arguments)) || !findings_make(&reading, &choice, &totals) ||
		!timeline_make(reading.db, timeline.columns))
		return STATUS_UNABLE;
	FILE *output = reading_output(&reading, stdout);
	timeline.printer.file = output;
	bool done = print_timeline(&timeline, &reading, arguments->report.all);
	return reading_output_end(&reading, output, stdout) && done ? STATUS_CLEAN : STATUS_UNABLE;
}

const struct command command_timeline = {
	.id = COMMAND_TIMELINE,
	.synopsis = "[OPTIONS] [TRACE]",
	.summary = "Draw the open connections over time, by call site",
	.intro = "The default TRACE is " DEFAULT_TRACE ".\n"
			 "For each call site: the most that were open at once and when, how many were\n"
			 "never given back, and by how many it grew in a minute in the later half of its\n"
			 "time.  A column of a line is as high as the most that was open in it.\n",
	.most = 1,
	.run = run_timeline,
};
