// SPDX-License-Identifier: PostgreSQL
/*
 * page.c - the parts of the page in their order; see page.h.
 *
 * What comes from a trace is in one block of JSON, in which nothing can end the
 * block: the page's own script makes text of it, and markup of none.
 */
#include "analyzer/page/page.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/config.h"
#include "analyzer/page/words.h"
#include "analyzer/report/report.h"
#include "analyzer/timeline/timeline.h"
#include "trace/base/printable.h"

/* Made by embed-page of what lies in web/. */
extern const char page_before_data[], page_after_data[];

extern const char audit_sql[], page_sql[], page_data_sql[], page_short_sql[];

/* In JSON these stand in strings alone, and there they can be written so. */
static void put_escaped(FILE *file, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '<' || *text == '>' || *text == '&')
			fprintf(file, "\\u%04x", (unsigned)*text);
		else if (strncmp(text, "\xe2\x80\xa8", 3) == 0 || strncmp(text, "\xe2\x80\xa9", 3) == 0) {
			fprintf(file, "\\u202%c", text[2] == '\xa8' ? '8' : '9');
			text += 2;
		} else
			fputc(*text, file);
	}
}

/* A member of an object; what is not UTF-8 is replaced. */
static void put_member(FILE *file, const char *before, const char *name, char *json)
{
	make_printable(json);
	fprintf(file, "%s\"%s\":", before, name);
	put_escaped(file, json);
}

/* A row of JSON texts, each a member with its column's name. */
static bool put_row(sqlite3 *db, const char *sql, FILE *file)
{
	QUERY_CLEANUP row = query_prepare(db, sql);

	if (!query_next(row, NULL))
		return false;
	for (int column = 0; column < sqlite3_column_count(row); column++) {
		char *text = strdup(query_text(row, column));
		if (text == NULL)
			return refuse("out of memory");
		put_member(file, ",\n", sqlite3_column_name(row, column), text);
		free(text);
	}
	return true;
}

/* Findings beyond a bound stay out of the page, which says how many. */
static bool put_report(sqlite3 *db, char *report, FILE *file)
{
	QUERY_CLEANUP row = query_with(db, page_short_sql, AS_TEXT(report));

	if (!query_next(row, NULL))
		return false;
	char *text = strdup(query_text(row, 0));
	if (text == NULL)
		return refuse("out of memory");
	put_member(file, ",\n", "report", text);
	free(text);
	return true;
}

/* As --format=json has it, to the letter. */
static char *report_text(struct reading *reading, const struct report_choice *choice, const struct totals *totals)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	bool done = file != NULL && report_print_json(reading, choice, totals, file);

	if (file == NULL || fclose(file) != 0 || !done) {
		free(text);
		return NULL;
	}
	text[strcspn(text, "\n")] = '\0'; /* the end of its only line */
	return text;
}

static bool put_data(struct reading *reading, const struct report_choice *choice, const struct totals *totals,
					 int64_t max_connections, FILE *file)
{
	sqlite3 *db = reading->db;
	char *report = report_text(reading, choice, totals);
	bool done = report != NULL && lanes_make(db) && query_run(db, audit_sql) && query_run(db, page_sql);

	if (done) {
		fprintf(file, "{\"version\":\"" PQLEAK_VERSION "\",\"max_connections\":%lld", (long long)max_connections);
		done = page_words_make(reading, choice, totals) && put_row(db, page_data_sql, file) &&
			   put_report(db, report, file);
		fputs("}\n", file);
	}
	free(report);
	return done;
}

bool page_print(struct reading *reading, const struct report_choice *choice, const struct totals *totals,
				int64_t max_connections, FILE *file)
{
	fputs(page_before_data, file);
	bool done = put_data(reading, choice, totals, max_connections, file);
	fputs(page_after_data, file);
	return done;
}
