// SPDX-License-Identifier: PostgreSQL
/*
 * parts.c - lists with counts, and a last use; see text.h.
 */
#include "analyzer/text/text.h"

#include <string.h>

#include "analyzer/base/columns.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"

#define LIST_TEXT 512
#define MOST_LISTED 100 /* columns of a list where a line has no width */

/* Each gives text and count; parameter: the finding. */
static const struct {
	const char *label;
	const char *sql;
} lists[] = {
	[PART_TARGETS] = {"target",
					  "SELECT t.text, sum(n.count) FROM finding_share n JOIN target_text t ON t.target = n.target"
					  " WHERE n.number = ? GROUP BY t.text ORDER BY 2 DESC, 1"},
	[PART_TRANSACTIONS] = {"status", "SELECT transaction_name(n.transaction_status), sum(n.count) FROM finding_share n"
									 " WHERE n.number = ? GROUP BY 1 ORDER BY 2 DESC, 1"},
	[PART_PROCESSES] = {"process", "SELECT printf('%d %s', p.pid, basename(p.exe)), sum(n.count)"
								   " FROM finding_share n JOIN process p ON p.id = n.process"
								   " WHERE n.number = ? GROUP BY p.id ORDER BY 2 DESC, p.id"},
	/* Of a trace that was merged. */
	[PART_HOSTS] = {"host", "SELECT p.host, sum(n.count) FROM finding_share n JOIN process p ON p.id = n.process"
							" WHERE n.number = ? AND (SELECT count(DISTINCT host) FROM process) > 1"
							" GROUP BY 1 ORDER BY 2 DESC, 1"},
	[PART_RUNS] = {"run", "SELECT r.run, sum(n.count) FROM finding_share n JOIN process_run r ON r.process = n.process"
						  " WHERE n.number = ? GROUP BY 1 ORDER BY 2 DESC, 1"},
	/* Where one has a label the others are counted too, so that it is not taken for the label of all. */
	[PART_LABELS] = {"label", "SELECT ifnull(p.label, '(no label)'), sum(n.count) FROM finding_share n"
							  " JOIN process p ON p.id = n.process WHERE n.number = ?1 AND EXISTS"
							  " (SELECT 1 FROM finding_share o JOIN process q ON q.id = o.process"
							  " WHERE o.number = ?1 AND q.label IS NOT NULL)"
							  " GROUP BY p.label ORDER BY p.label IS NULL, 2 DESC, 1"},
	/* The site may be the test itself. */
	[PART_TESTS] = {"test", "SELECT t.text, t.count FROM finding_test t WHERE t.number = ?1 AND EXISTS"
							" (SELECT 1 FROM finding_test o JOIN finding_stack s ON s.number = o.number"
							" WHERE o.number = ?1 AND (o.frame, o.depth) <> (s.frame, s.depth))"
							" ORDER BY 2 DESC, 1"},
};

void part_list(const struct printer *printer, sqlite3 *db, enum part_list list, int64_t finding)
{
	QUERY_CLEANUP row = query_with(db, lists[list].sql, AS_NUMBER(finding));
	char whole[LIST_TEXT] = "";   /* every item, as far as the room goes */
	char shorter[LIST_TEXT] = ""; /* those that leave room for "and N more" */
	int room = printer->width > 0 ? printer->width - PART_INDENT - PART_LABEL - 1 : MOST_LISTED;
	int shorter_room = room - (int)strlen(" and 1000 more");
	int items = 0;
	int shown = 0;

	for (; query_next(row, NULL); items++) {
		char item[LIST_TEXT / 2];
		snprintf(item, sizeof item, "%s%.200s (%lld)", items > 0 ? ", " : "", query_text(row, 0),
				 (long long)sqlite3_column_int64(row, 1));
		if (strlen(whole) + strlen(item) < sizeof whole)
			strcat(whole, item);
		/* A list ends in "and N more" rather than in the middle of a name. */
		if (items == 0 || (items == shown && text_columns(whole) <= shorter_room)) {
			memcpy(shorter, whole, sizeof shorter);
			shown++;
		}
	}
	if (items == 1)
		*strrchr(whole, ' ') = '\0'; /* the count is the finding's */
	if (items == 0)
		return;
	if (items == 1 || text_columns(whole) <= room)
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, lists[list].label, "%s", whole);
	else
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, lists[list].label, "%s and %d more", shorter,
					items - shown);
}

void part_last_use(const struct printer *printer, sqlite3 *db, int64_t connection)
{
	QUERY_CLEANUP row = query_with(db,
								   "SELECT used_ns, ifnull(use_function, ''),"
								   " iif(statement <> '', ' (' || statement || ')', '')"
								   " FROM connection WHERE id = ? AND used_ns IS NOT NULL",
								   AS_NUMBER(connection));
	char when[TIME_TEXT];

	if (query_next(row, NULL))
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "last use", "%s, %s%s",
					format_time(when, sqlite3_column_int64(row, 0), TIME_SECONDS), query_text(row, 1),
					query_text(row, 2));
	else
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "last use", "never");
}
